#!/bin/sh
# Looks for what building and running need, and says in a sentence what is
# missing. On Debian and Ubuntu the software Vulkan driver is installed when
# there is no driver at all and we may: as root, or by sudo without a password.
set -eu

say() { printf '%s\n' "$*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }

# --- Go
if ! have "${GO:-go}"; then
	say "Go was not found: install it from https://go.dev/dl and put it on PATH, then run this again."
	exit 1
fi

# --- a C compiler with its headers: the binding to the GPU is linked by cgo
cc=${CC:-}
for name in gcc cc clang; do
	[ -z "$cc" ] && have "$name" && cc=$name
done
# CC may hold options beside the name.
if [ -z "$cc" ] || ! printf '#include <stdlib.h>\n' | $cc -E - >/dev/null 2>&1; then
	say "No working C compiler was found, and the GPU binding needs one: install gcc and libc6-dev (Debian, Ubuntu: apt install gcc libc6-dev), gcc (Fedora: dnf install gcc; Arch: pacman -S gcc), Xcode's command line tools (macOS: xcode-select --install) or MinGW-w64 (Windows: winget install BrechtSanders.WinLibs.POSIX.UCRT), then run this again."
	exit 1
fi

# --- a GPU driver: part of the system on macOS (Metal) and Windows (DX12)
[ "$(uname -s)" = Linux ] || exit 0

have_loader() {
	for ldconfig in ldconfig /sbin/ldconfig /usr/sbin/ldconfig; do
		if have "$ldconfig" && "$ldconfig" -p 2>/dev/null | grep -q 'libvulkan\.so\.1'; then
			return 0
		fi
	done
	for dir in /usr/lib /usr/lib64 /lib /usr/lib/*-linux-gnu /usr/local/lib $(printf '%s' "${LD_LIBRARY_PATH:-}" | tr : ' '); do
		[ -e "$dir/libvulkan.so.1" ] && return 0
	done
	return 1
}

# A manifest says that a driver is installed. Where the variables name
# manifests, the loader looks nowhere else.
named=${VK_DRIVER_FILES:-${VK_ICD_FILENAMES:-}}
have_driver() {
	if [ -n "$named" ]; then
		for file in $(printf '%s' "$named" | tr : ' '); do
			[ -e "$file" ] && return 0
		done
		return 1
	fi
	for dir in /usr/share/vulkan/icd.d /usr/local/share/vulkan/icd.d /etc/vulkan/icd.d "${XDG_DATA_HOME:-${HOME:-/nonexistent}/.local/share}/vulkan/icd.d"; do
		for file in "$dir"/*.json; do
			[ -e "$file" ] && return 0
		done
	done
	return 1
}

if [ -n "$named" ] && ! have_driver; then
	say "VK_DRIVER_FILES or VK_ICD_FILENAMES names no file that exists ($named), and then no Vulkan driver is found: correct or unset it, and run this again."
	exit 1
fi

ready() { have_loader && have_driver; }

ready && exit 0

as_root=
if [ "$(id -u)" = 0 ]; then
	as_root=env
elif have sudo && sudo -n true 2>/dev/null; then
	as_root=sudo
fi
if have apt-get && [ -n "$as_root" ]; then
	say "No Vulkan driver was found: installing Mesa's (libvulkan1, mesa-vulkan-drivers)."
	install() {
		$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends libvulkan1 mesa-vulkan-drivers >&2
	}
	# The lists of a fresh machine may be absent or old.
	install || { $as_root apt-get update -q >&2 && install; } || true
	ready && exit 0
fi

say "No Vulkan driver was found: install your GPU's, or Mesa's, which also runs without a GPU (Debian, Ubuntu: apt install libvulkan1 mesa-vulkan-drivers; Fedora: dnf install vulkan-loader mesa-vulkan-drivers; Arch: pacman -S vulkan-icd-loader and vulkan-radeon, vulkan-intel, nvidia-utils or vulkan-swrast; macOS and Windows bring theirs), then run this again."
exit 1
