package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// rewrites asks a console to obey the escape that clears a line; those before Windows 10 cannot.
func rewrites(stderr *os.File) bool {
	console, mode := windows.Handle(stderr.Fd()), uint32(0)
	return windows.GetConsoleMode(console, &mode) == nil &&
		windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
