#!/bin/sh
# The Windows build on DX12, by Wine 10 with Microsoft's own compiler FXC on the software Vulkan driver: every kernel of the
# demo beside its twin, and a training beside the Linux build's. Wine 8's DX12 computes wrongly and Wine's own compiler lacks
# what kernels need, so Debian 13 with its Wine and npm's package webgpu, which has FXC, are fetched into the user's cache
# folder (1.8 GB). Needs root, debootstrap, npm and gcc-mingw-w64-x86-64. It stands alone: what it needs is in this file and
# near.go.
set -eu

go=${1:-go}
fail() { echo "windows/amd64 on DX12: $*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || fail "root is needed, to run Debian 13 in a folder"
for tool in debootstrap npm unshare x86_64-w64-mingw32-gcc; do
	command -v $tool >/dev/null || fail "$tool is not on PATH (Debian, Ubuntu: apt install debootstrap npm util-linux gcc-mingw-w64-x86-64)"
done

cache=${XDG_CACHE_HOME:-$HOME/.cache}/dinogpu-wine
root=$cache/trixie fxc=$cache/d3dcompiler_47.dll
mkdir -p "$cache"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
if [ ! -e "$root" ]; then
	echo "fetching Debian 13 with Wine 10 into $root, once"
	rm -rf "$root.part"
	debootstrap --variant=minbase --include=wine64,xvfb,libgl1,libxrandr2,libvulkan1,mesa-vulkan-drivers trixie "$root.part" >"$dir/log" 2>&1 ||
		{ tail -n 5 "$dir/log" >&2; fail "debootstrap failed"; }
	mkdir "$root.part/work"
	mv "$root.part" "$root"
fi
sum=289767b49dc8525bce262ea06fee4ef9fced2e131a55b25654ce871c1f0498b2 # 10.0.22621.2428
if [ ! -e "$fxc" ]; then
	(cd "$dir" && npm pack --silent webgpu@0.6.2 >/dev/null && tar xzf webgpu-0.6.2.tgz package/dist/win32-x64/d3dcompiler_47.dll)
	mv "$dir/package/dist/win32-x64/d3dcompiler_47.dll" "$fxc"
fi
echo "$sum  $fxc" | sha256sum --check --quiet || fail "$fxc is not the FXC that is known: remove it"

export CGO_ENABLED=1
$go build -o "$dir/dinogpu" ./cmd/dinogpu
GOOS=windows GOARCH=amd64 CC=x86_64-w64-mingw32-gcc $go build -o "$dir/dinogpu.exe" ./cmd/dinogpu
$go build -o "$dir/near" .ci/near.go
cp "$fxc" "$dir"
mkdir -p "$dir/images/a"
n=0
for file in testdata/formats/*.png testdata/formats/*.png; do
	n=$((n + 1))
	cp "$file" "$dir/images/a/$n.png"
done
# Rates at which the weights of a few steps show in the losses.
flags='--preset demo --data images --dim 48 --heads 2 --depth 2 --out-dim 256 --head-hidden 64 --head-bottleneck 32
	--batch-size 4 --epochs 3 --warmup-epochs 0 --freeze-last-layer 0 --momentum-teacher 0.9 --teacher-temp 0.04
	--warmup-teacher-temp-epochs 0 --knn-every 0 --no-tune'

cat >"$dir/inside" <<'SH'
set -eu
cd /work
flags=$1
export HOME=/work XDG_RUNTIME_DIR=/work WINEPREFIX=/work/prefix WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml=;d3dcompiler_47=n'
export VK_ICD_FILENAMES=/usr/share/vulkan/icd.d/lvp_icd.json LP_PERF=no_mipmap NODEVICE_SELECT=1
Xvfb -displayfd 3 -screen 0 640x480x24 3>display 2>/dev/null & # without a display Wine lists no adapter
while [ ! -s display ]; do sleep 0.1; done
DISPLAY=:$(cat display)
export DISPLAY
wine=/usr/lib/wine/wine64
$wine --version
$wine wineboot -i >/dev/null 2>&1
$wine dinogpu.exe selftest --preset demo --adapter d3d12 >selftest 2>log || { tail -n 20 selftest log; exit 1; }
tail -n 1 selftest
$wine dinogpu.exe train $flags --adapter d3d12 --run-dir windows >>log 2>&1 || { tail -n 20 log; exit 1; }
SH
# All that runs in Debian 13 ends with its first process, and its mounts with their namespace.
unshare --mount --pid --fork --kill-child sh -c '
	mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" && mount --bind "$2" "$1/work" && exec chroot "$1" sh /work/inside "$3"
' sh "$root" "$dir" "$flags" || fail "failed"

cd "$dir"
./dinogpu train $flags --run-dir linux >log 2>&1 || { tail -n 20 log; fail "the Linux build failed"; }
echo "windows/amd64 on DX12: $(./near linux windows)"
