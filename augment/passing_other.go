//go:build !unix

package augment

import (
	"errors"
	"runtime"
	"slices"
	"syscall"
)

// dontWait is for systems with pipes among their files.
const dontWait = 0

// passing tells an error of the system, or of a network, from one of a file.
func passing(err error) bool {
	var code syscall.Errno
	// Windows: too many open files; not ready; held by another program; the network's path or name is gone; it does not
	// answer in time.
	return runtime.GOOS == "windows" && errors.As(err, &code) && slices.Contains([]syscall.Errno{4, 21, 32, 53, 59, 64, 121}, code)
}
