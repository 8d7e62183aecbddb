//go:build !windows

package main

import "os"

// rewrites tells whether a terminal obeys the escape that clears a line: all of these do.
func rewrites(*os.File) bool { return true }
