package main

import (
	"os"
	"runtime"
	"strings"
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
