#!/bin/sh
# The Windows build under Wine, on the software Vulkan driver, beside the Linux build: every kernel, a training with the
# same bytes, and runs that begin on one system and go on on the other. Needs wine64, xvfb, gcc-mingw-w64-x86-64 and
# mesa-vulkan-drivers; tested with Wine 8 of Debian 12. It stands alone: what it needs is in this file.
set -eu

go=${1:-go}
fail() { echo "windows/amd64 under Wine: $*" >&2; exit 1; }
wine=$(command -v wine64 || echo /usr/lib/wine/wine64)
[ -x "$wine" ] || fail "Wine is not there (Debian, Ubuntu: apt install wine64)"
for tool in x86_64-w64-mingw32-gcc Xvfb; do
	command -v $tool >/dev/null || fail "$tool is not on PATH (Debian, Ubuntu: apt install gcc-mingw-w64-x86-64 xvfb)"
done
icd=$(find /usr/share/vulkan/icd.d -name 'lvp_icd*.json' 2>/dev/null | head -n 1)
[ -n "$icd" ] || fail "lavapipe is not there (Debian, Ubuntu: apt install mesa-vulkan-drivers)"

dir=$(mktemp -d)
display=
finish() {
	"$(command -v wineserver || echo /usr/lib/wine/wineserver64)" -k 2>/dev/null || true
	[ -z "$display" ] || kill "$display"
	rm -rf "$dir"
}
trap finish EXIT

export CGO_ENABLED=1
$go build -o "$dir/dinogpu" ./cmd/dinogpu
GOOS=windows GOARCH=amd64 CC=x86_64-w64-mingw32-gcc $go build -o "$dir/dinogpu.exe" ./cmd/dinogpu

# Wine 8's DX12 computes wrongly, and its adapter would be taken before a software one.
export WINEPREFIX="$dir/prefix" WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml,d3d12='
export VK_ICD_FILENAMES="$icd" LP_PERF=no_mipmap NODEVICE_SELECT=1 XDG_RUNTIME_DIR="$dir"
if [ -z "${DISPLAY:-}" ]; then # without a display Wine lists no adapter
	Xvfb -displayfd 3 -screen 0 640x480x24 3>"$dir/display" 2>/dev/null &
	display=$!
	while [ ! -s "$dir/display" ]; do sleep 0.1; done
	DISPLAY=:$(cat "$dir/display")
	export DISPLAY
fi
"$wine" wineboot -i >/dev/null 2>&1
if ! "$wine" "$dir/dinogpu.exe" --version >/dev/null 2>&1; then # Go asks for a library that Wine 8 does not have
	cat >"$dir/prng.c" <<'C'
#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE bytes, SIZE_T n) { return SystemFunction036(bytes, (ULONG)n); }
C
	x86_64-w64-mingw32-gcc -shared -o "$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll" "$dir/prng.c" -ladvapi32
fi

# Images in folders, so that their names hold separators.
mkdir -p "$dir/images/a" "$dir/images/b"
n=0
for file in testdata/formats/*.png; do
	n=$((n + 1))
	cp "$file" "$dir/images/a/$n.png"
	cp "$file" "$dir/images/b/$n.png"
done
cd "$dir"

"$wine" dinogpu.exe --version
"$wine" dinogpu.exe selftest --adapter llvmpipe >selftest 2>>log || { tail -n 20 selftest; fail "selftest failed"; }
tail -n 1 selftest

# 130 is a run that was stopped before its end.
run() { "$@" >>log 2>&1 || [ $? = 130 ] || { tail -n 20 log; fail "failed: $*"; }; }
linux() { run ./dinogpu train "$@"; }
windows() { run "$wine" dinogpu.exe train "$@"; }
same() {
	cmp "$1/teacher.safetensors" "$2/teacher.safetensors"
	echo "windows/amd64 under Wine: $3: the same bytes as linux/amd64"
}
flags='--preset demo --limit 64 --epochs 1 --knn-every 0 --no-tune'
linux $flags --run-dir linux
windows $flags --run-dir windows
same linux windows "a training"

flags='--preset demo --data images --batch-size 4 --epochs 2 --warmup-epochs 0 --freeze-last-layer 0 --knn-every 0 --no-tune'
linux $flags --run-dir whole
linux $flags --run-dir begun --max-steps 2
cp -r begun begun-too
windows $flags --run-dir there --max-steps 2
windows --resume begun
same whole begun "a run that began on Linux"
linux --resume there
same whole there "a run that went on on Linux"
linux --resume begun-too
same whole begun-too "a run that stopped"
