package main

import (
	"errors"
	"os"
	"runtime"
	"strings"
	"syscall"
)

// programName is how this program was called, so that the commands it names can be given as they stand.
func programName() string {
	if os.Args[0] == "" {
		return "dinogpu"
	}
	return argument(os.Args[0])
}

// argument quotes what a shell would take apart.
func argument(text string) string {
	if runtime.GOOS == "windows" {
		if strings.ContainsAny(text, " &()") {
			return `"` + text + `"`
		}
		return text
	}
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-_./:+,=@%", r) || r > 127
	}
	if text != "" && strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// readerGone tells an error of writing to a pipe that nobody reads any more.
func readerGone(err error) bool {
	if errors.Is(err, syscall.EPIPE) {
		return true
	}
	// ERROR_BROKEN_PIPE and ERROR_NO_DATA, which Go does not map to EPIPE.
	return runtime.GOOS == "windows" && (errors.Is(err, syscall.Errno(109)) || errors.Is(err, syscall.Errno(232)))
}
