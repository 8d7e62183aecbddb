#!/bin/sh
# Builds the program for Windows and vets every package with its tests for it,
# where MinGW-w64 is there: the binding to wgpu is linked by a C compiler.
set -eu

go=$1
cc=x86_64-w64-mingw32-gcc
if ! command -v $cc >/dev/null 2>&1; then
	echo "windows/amd64: $cc is not on PATH, so nothing was built (Debian, Ubuntu: apt install gcc-mingw-w64-x86-64)"
	exit 0
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export CGO_ENABLED=1 GOOS=windows GOARCH=amd64 CC=$cc
$go build -o "$dir/dinogpu.exe" ./cmd/dinogpu
$go build -tags window -o "$dir/dinogpu.exe" ./cmd/dinogpu
$go vet ./... ./testdata ./testdata/golden ./testdata/hostile ./testdata/desktop
$go vet -tags window ./viewer/window ./cmd/dinogpu
echo "windows/amd64: built, with view's window and without, and vetted with MinGW-w64"
