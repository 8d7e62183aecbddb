#!/bin/sh
# Every specialised kernel, the shader that draws view's window and the one that
# counts submissions, through the compilers of other platforms: naga to SPIR-V,
# Metal and HLSL, and Tint's validation, where they are on PATH. wgpu brings naga 0.19 along, so that is the
# version that speaks for what users run; another one is still a useful second
# opinion, and its version is said.
set -eu

bin=$1
have() { command -v "$1" >/dev/null 2>&1; }

if ! have naga && ! have tint; then
	echo "kernels: neither naga nor tint is on PATH, so no kernel was checked (cargo install naga-cli --version 0.19.0)"
	exit 0
fi

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for preset in demo vits16 vits8; do
	"$bin" shaders --preset "$preset" --out "$dir/$preset" >/dev/null
done
mkdir "$dir/gpu"
cp gpu/screen.wgsl gpu/canary.wgsl "$dir/gpu/"

failed=0
try() { # file, command...
	file=$1
	shift
	if ! "$@" >"$dir/log" 2>&1; then
		printf '%s\n  %s\n' "${file#"$dir/"}" "$*" >&2
		sed 's/^/    /' "$dir/log" | head -n 20 >&2
		failed=$((failed + 1))
	fi
}

count=$(find "$dir" -name '*.wgsl' | wc -l | tr -d ' ')
if [ "$count" -le 2 ]; then
	echo "kernels: $bin shaders wrote none" >&2
	exit 1
fi

if have naga; then
	naga_version=$(naga --version 2>&1 | head -n 1 | sed 's/^naga[^0-9]*//')
	for wgsl in "$dir"/*/*.wgsl; do
		for kind in spv metal hlsl; do
			try "$wgsl" naga "$wgsl" "$dir/out.$kind"
		done
	done
	case $naga_version in
	0.19.*) echo "kernels: $count through naga $naga_version to SPIR-V, Metal and HLSL" ;;
	*) echo "kernels: $count through naga $naga_version to SPIR-V, Metal and HLSL (wgpu here brings 0.19: cargo install naga-cli --version 0.19.0 checks that one)" ;;
	esac
else
	echo "kernels: naga is not on PATH (cargo install naga-cli --version 0.19.0)"
fi

if have tint; then
	for wgsl in "$dir"/*/*.wgsl; do
		# Builds of Tint differ in what they write; WGSL they all do, and they
		# validate what they read.
		try "$wgsl" tint --format=wgsl -o "$dir/out.tint" "$wgsl"
	done
	echo "kernels: $count validated by Tint"
else
	echo "kernels: Tint is not on PATH"
fi

if [ "$failed" != 0 ]; then
	echo "kernels: $failed failed" >&2
	exit 1
fi
