#!/bin/sh
# Fails where gofumpt would change a file, and names it.
set -eu
go=$1 gofumpt=$2
unformatted=$($go run "$gofumpt" -l .)
if [ -n "$unformatted" ]; then
	printf 'gofumpt -w would change:\n%s\n' "$unformatted" >&2
	exit 1
fi
