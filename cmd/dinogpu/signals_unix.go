//go:build unix

package main

import (
	"os/signal"
	"syscall"
)

// ignoreFileSignals makes errors of two kinds of writes whose signal, unheeded, would end the process: a file that grows
// over ulimit -f, as a full disk is, and a pipe whose reader has gone, which Go lets end a process where the pipe is its
// stdout or stderr. A run is worth more than words that nobody reads.
func ignoreFileSignals() { signal.Ignore(syscall.SIGXFSZ, syscall.SIGPIPE) }
