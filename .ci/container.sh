#!/bin/sh
# The image's last stage without Docker: its steps are read from the Dockerfile and carried out in a debootstrap of the
# same Debian, then its program runs there on Mesa's software driver. The first stage's build stands in as bin/dinogpu.
# Needs root, debootstrap and Debian's packages; takes minutes.
set -eu

go=$1 bin=$2
fail() { echo "container: $*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || fail "run it as root: it makes a system of its own in a folder"
command -v debootstrap >/dev/null || fail "debootstrap is not on PATH (Debian, Ubuntu: apt install debootstrap)"

dir=$(mktemp -d)
root=$dir/root
finish() {
	mountpoint -q "$root/proc" && umount "$root/proc"
	rm -rf --one-file-system "$dir"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

# A step a line, of the last stage.
sed '/^[[:space:]]*#/d' Dockerfile | awk '
	{ line = line $0 }
	/\\$/ { sub(/\\$/, "", line); next }
	line ~ /^FROM / { n = 0 }
	line != "" { steps[n++] = line }
	{ line = "" }
	END { for (i = 0; i < n; i++) print steps[i] }' >"$dir/steps"
suite=$(sed -n 's/^FROM debian:\([a-z]*\)-slim$/\1/p' "$dir/steps")
[ -n "$suite" ] || fail "the last stage of the Dockerfile begins with no debian:NAME-slim"
debootstrap --variant=minbase "$suite" "$root" >"$dir/log" 2>&1 || { tail "$dir/log"; fail "debootstrap $suite failed"; }
mount -t proc proc "$root/proc"

mkdir -p "$dir/out" "$dir/src"
cp "$bin" "$dir/out/dinogpu"
$go run .ci/notices.go "linux/$($go env GOARCH)" "$dir/out/NOTICES"
cp LICENSE "$dir/src/"

set -- PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
user=root folder=/ entry=
while read -r word rest; do
	case $word in
	FROM | VOLUME | CMD) ;;
	RUN) chroot "$root" env -i "$@" DEBIAN_FRONTEND=noninteractive sh -c "$rest" >"$dir/log" 2>&1 </dev/null || { tail "$dir/log"; fail "failed: RUN $rest"; } ;;
	ENV) set -- "$@" "$rest" ;;
	COPY)
		case $rest in --from=build\ *) ;; *) fail "cannot do: COPY $rest" ;; esac
		to=$root${rest##* }
		case $to in */) mkdir -p "$to" ;; esac
		from=${rest#--from=build }
		for file in ${from% *}; do cp "$dir$file" "$to"; done
		;;
	USER) user=$rest ;;
	WORKDIR) folder=$rest ;;
	ENTRYPOINT) entry=$(printf %s "$rest" | tr -d '[]"') ;;
	*) fail "cannot do: $word $rest" ;;
	esac
done <"$dir/steps"

# run USER ARGUMENT... is docker run --user USER dinogpu ARGUMENT...
environment=$*
run() {
	as=$1
	shift
	# shellcheck disable=SC2086,SC2016 # the Dockerfile's values hold no spaces
	chroot --userspec="$as" "$root" env -i $environment sh -c 'cd "$0" && exec "$@"' "$folder" "$entry" "$@" >"$dir/log" 2>&1 || { tail "$dir/log"; fail "failed as $as: $entry $*"; }
}
# NVIDIA's driver is linked to these; the drivers that the image brings are told by these.
for library in libEGL.so.1 libX11.so.6 libXext.so.6 libvulkan.so.1; do
	chroot "$root" ldconfig -p | grep -q "$library" || fail "$library is not there"
done
for driver in radeon intel lvp; do
	ls "$root"/usr/share/vulkan/icd.d/${driver}_icd*.json >/dev/null 2>&1 || fail "no Vulkan driver $driver"
done

run "$user" devices
grep -q llvmpipe "$dir/log" || fail "devices: $(cat "$dir/log")"
sed -n 2p "$dir/log"
# shellcheck disable=SC2016 # dpkg-query's
mesa=$(chroot "$root" dpkg-query -W -f '${Version}' mesa-vulkan-drivers)
for as in "$user" 12345:12345; do
	# The drivers' compiled kernels stay, whoever runs next.
	[ ! -e "$root/runs/.cache" ] || chroot "$root" chown -R "$as" /runs/.cache
	run "$as" train --preset demo --limit 64 --max-steps 2 --no-tune
	ls "$root/runs/$(cat "$root/runs/latest")"/checkpoints/step-*.dino >/dev/null || fail "no checkpoint was written as $as"
	echo "container: $suite, Mesa $mesa: trained as $as"
	find "$root/runs" -mindepth 1 -maxdepth 1 ! -name .cache -exec rm -r {} +
done
echo "container: $(du -sm --one-file-system "$root" | cut -f 1) MiB unpacked"
