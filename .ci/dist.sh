#!/bin/sh
# Archives of the program for those without Go, and their checksums, in dist/: for each platform whose C compiler is here.
# The same commit, Go and C compiler give the same bytes. Those that can run here are unpacked and run.
set -eu

go=$1 version=$2
here=$(uname -s)/$(uname -m)
say() { printf '%s\n' "$*"; }
fail() { say "$*" >&2; exit 1; }
sum() { if command -v sha256sum >/dev/null; then sha256sum "$@"; else shasum -a 256 "$@"; fi; }

SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 315532800)}
export SOURCE_DATE_EPOCH CGO_ENABLED=1
rm -rf dist
mkdir dist
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
$go build -o "$dir/archive" .ci/archive.go
$go build -o "$dir/notices" .ci/notices.go

# The newest version of glibc that a symbol is taken from.
glibc() { readelf -V "$1" | grep -o 'GLIBC_[0-9.]*' | sed 's/GLIBC_//' | sort -t . -k 1,1n -k 2,2n | tail -n 1; }

build() { # platform, compiler, packages that hold it, archive's ending
	platform=$1 cc=$2 ending=$4
	if ! command -v "${cc%% *}" >/dev/null; then
		say "$platform: left out, ${cc%% *} is not on PATH (Debian, Ubuntu: apt install $3)"
		return
	fi
	name=dinogpu-$version-$(printf %s "$platform" | tr / -)
	files=$dir/$name
	mkdir "$files"
	program=dinogpu run=./dinogpu
	case $platform in windows/*) program=dinogpu.exe run=.\\dinogpu.exe ;; esac
	GOOS=${platform%/*} GOARCH=${platform#*/} CC=$cc $go build -trimpath -ldflags "-s -w -X main.version=$version" -o "$files/$program" ./cmd/dinogpu
	"$dir/notices" "$platform" "$files/NOTICES"
	cp LICENSE README.md "$files/"
	case $platform in
	linux/*) needs="needs glibc $(glibc "$files/$program") or newer and a Vulkan driver." ;;
	*) needs="needs Windows 10 or newer and the GPU's driver." ;;
	esac
	awk -v version="$version" -v platform="$platform" -v needs="$needs" -v run="$run" \
		'{ gsub(/@VERSION@/, version); gsub(/@PLATFORM@/, platform); gsub(/@NEEDS@/, needs); gsub(/@RUN@/, run); print }' .ci/install.txt >"$files/INSTALL.txt"
	set -- "$name" "$files/$program" "$files/INSTALL.txt" "$files/LICENSE" "$files/NOTICES" "$files/README.md"
	"$dir/archive" "dist/$name.$ending" "$@"
	touch "$files"/*
	"$dir/archive" "$dir/again.$ending" "$@"
	cmp "dist/$name.$ending" "$dir/again.$ending" || fail "$platform: the same files gave other bytes"
	say "$platform: dist/$name.$ending, $(($(wc -c <"dist/$name.$ending") >> 20)) MiB; $needs"
	rm -rf "$files"
	try "dist/$name.$ending" "$name/$program"
}

# try unpacks an archive and runs its program where this machine or qemu can.
try() {
	case $platform:$here in
	linux/amd64:Linux/x86_64 | linux/arm64:Linux/aarch64) with= ;;
	linux/arm64:Linux/*) with="qemu-aarch64 -L /usr/aarch64-linux-gnu" ;;
	*) say "$platform: not run here"; return ;;
	esac
	if [ -n "$with" ] && ! command -v "${with%% *}" >/dev/null; then
		say "$platform: not run here, ${with%% *} is not on PATH (Debian, Ubuntu: apt install qemu-user)"
		return
	fi
	tar -xzf "$1" -C "$dir"
	$with "$dir/$2" --version >"$dir/said" || fail "$platform: --version failed"
	head -n 1 "$dir/said" | grep -qxF "dinogpu $version" || fail "$platform: --version says $(head -n 1 "$dir/said"), not $version"
	say "$platform: runs${with:+ under ${with%% *}}, says $version"
	[ -z "$with" ] || return 0 # there are no drivers of that platform here
	"$dir/$2" devices >"$dir/said" 2>&1 || fail "$platform: devices: $(cat "$dir/said")"
	say "$platform: $(sed -n 2p "$dir/said")"
}

cross() { # machine, compiler for it from another one
	if [ "$here" = "Linux/$1" ]; then printf %s "${CC:-gcc}"; else printf %s "$2"; fi
}
build linux/amd64 "$(cross x86_64 x86_64-linux-gnu-gcc)" "gcc-x86-64-linux-gnu libc6-dev-amd64-cross" tar.gz
build linux/arm64 "$(cross aarch64 aarch64-linux-gnu-gcc)" "gcc-aarch64-linux-gnu libc6-dev-arm64-cross" tar.gz
build windows/amd64 x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64 zip
cd dist
set -- dinogpu-*
[ -e "$1" ] || fail "no archive was made"
sum "$@" >SHA256SUMS
cat SHA256SUMS
