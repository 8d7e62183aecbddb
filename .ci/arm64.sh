#!/bin/sh
# Links the program for linux/arm64, where its C compiler is there.
set -eu

go=$1
cc=aarch64-linux-gnu-gcc
if ! command -v $cc >/dev/null 2>&1; then
	echo "linux/arm64: $cc is not on PATH, so nothing was linked (Debian, Ubuntu: apt install gcc-aarch64-linux-gnu libc6-dev-arm64-cross)"
	exit 0
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
CGO_ENABLED=1 GOOS=linux GOARCH=arm64 CC=$cc $go build -o "$dir/dinogpu" ./cmd/dinogpu
echo "linux/arm64: linked"
