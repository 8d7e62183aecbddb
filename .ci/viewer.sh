#!/bin/sh
# Looks for what building a window needs: X11's headers and libraries, or Wayland's where TAGS names that. On Debian and
# Ubuntu they are installed when we may: as root, or by sudo without a password. Elsewhere their packages are named. macOS
# and Windows bring theirs with the system.
set -eu

say() { printf '%s\n' "$*" >&2; }

[ "$(uname -s)" = Linux ] || exit 0

case " ${TAGS:-} " in
*' wayland '*)
	headers='wayland-client.h wayland-cursor.h wayland-egl.h xkbcommon/xkbcommon.h xkbcommon/xkbcommon-compose.h'
	libraries='-lwayland-client -lwayland-cursor -lwayland-egl -lxkbcommon -lGL'
	debian='libwayland-dev libxkbcommon-dev libgl-dev'
	others='Fedora: dnf install wayland-devel libxkbcommon-devel mesa-libGL-devel; Arch: pacman -S wayland libxkbcommon libglvnd'
	;;
*)
	headers='X11/Xlib.h X11/Xcursor/Xcursor.h X11/extensions/Xrandr.h X11/extensions/Xinerama.h X11/extensions/XInput2.h X11/extensions/xf86vmode.h X11/XKBlib.h'
	libraries='-lX11 -lXrandr -lXxf86vm -lXi -lXcursor -lXinerama -lGL'
	debian='libx11-dev libxcursor-dev libxrandr-dev libxinerama-dev libxi-dev libxxf86vm-dev libgl-dev'
	others='Fedora: dnf install libX11-devel libXcursor-devel libXrandr-devel libXinerama-devel libXi-devel libXxf86vm-devel mesa-libGL-devel; Arch: pacman -S libx11 libxcursor libxrandr libxinerama libxi libxxf86vm libglvnd'
	;;
esac

# Those of X's extensions do not say what they need themselves.
missing() {
	for h in $headers; do
		first=
		case $h in X11/*) first='#include <X11/Xlib.h>' ;; esac
		printf '%s\n#include <%s>\n' "$first" "$h" | ${CC:-cc} -E - >/dev/null 2>&1 || { printf '%s' "$h"; return; }
	done
	for l in $libraries; do
		printf 'int main(void) { return 0; }\n' | ${CC:-cc} -x c - "$l" -o /dev/null >/dev/null 2>&1 || { printf '%s' "lib${l#-l}"; return; }
	done
}

[ -z "$(missing)" ] && exit 0
if command -v apt-get >/dev/null 2>&1; then
	root=
	if [ "$(id -u)" != 0 ]; then
		sudo -n true 2>/dev/null && root='sudo -n' || root=no
	fi
	if [ "$root" != no ]; then
		say "Installing what the window needs: $debian"
		install="$root apt-get install -y --no-install-recommends $debian"
		$install >/dev/null || { $root apt-get update >/dev/null && $install >/dev/null; } || say "apt-get could not install it."
	fi
fi
left=$(missing)
if [ -n "$left" ]; then
	say "The window needs what was not found here, first of all $left. Install it, then run this again (Debian, Ubuntu: apt install $debian; $others). All but the window works without: make build."
	exit 1
fi
