#!/bin/sh
# Looks for what building a window needs. On Debian and Ubuntu it is installed when we may: as root, or by sudo without a
# password. Elsewhere its packages are named. macOS and Windows bring it with the system.
set -eu

say() { printf '%s\n' "$*" >&2; }

[ "$(uname -s)" = Linux ] || exit 0

headers='X11/Xlib.h X11/Xcursor/Xcursor.h X11/extensions/Xrandr.h X11/extensions/Xinerama.h X11/extensions/XInput2.h X11/extensions/xf86vmode.h X11/XKBlib.h'
packages='libx11-dev libxcursor-dev libxrandr-dev libxinerama-dev libxi-dev libxxf86vm-dev libgl-dev'

missing() {
	for h in $headers; do
		printf '#include <X11/Xlib.h>\n#include <%s>\n' "$h" | ${CC:-cc} -E - >/dev/null 2>&1 || { printf '%s' "$h"; return; }
	done
}

[ -z "$(missing)" ] && exit 0
if command -v apt-get >/dev/null 2>&1; then
	root=
	if [ "$(id -u)" != 0 ]; then
		sudo -n true 2>/dev/null && root='sudo -n' || root=no
	fi
	if [ "$root" != no ]; then
		say "Installing the window system's headers: $packages"
		# shellcheck disable=SC2086
		$root apt-get install -y --no-install-recommends $packages >/dev/null || { $root apt-get update >/dev/null && $root apt-get install -y --no-install-recommends $packages >/dev/null; }
	fi
fi
left=$(missing)
if [ -n "$left" ]; then
	say "The window needs X11's headers, and $left was not found: install $packages (Debian, Ubuntu: apt install; Fedora: dnf install libX11-devel libXcursor-devel libXrandr-devel libXinerama-devel libXi-devel libXxf86vm-devel mesa-libGL-devel; Arch: pacman -S libx11 libxcursor libxrandr libxinerama libxi libxxf86vm), then run this again. All but the window works without: make build."
	exit 1
fi
