//go:build unix

package main

import (
	"os/signal"
	"syscall"
)

// ignoreFileLimit makes a file that grows over ulimit -f an error of that
// write, as a full disk is; unheeded the signal would end the process.
func ignoreFileLimit() { signal.Ignore(syscall.SIGXFSZ) }
