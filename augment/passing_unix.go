//go:build unix

package augment

import (
	"errors"
	"slices"
	"syscall"
)

// dontWait has opening a pipe not wait for its other end.
const dontWait = syscall.O_NONBLOCK

// passing tells an error of the system, or of a network, from one of a file.
func passing(err error) bool {
	var code syscall.Errno
	return errors.As(err, &code) && slices.Contains([]syscall.Errno{
		syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.EAGAIN, syscall.EINTR, syscall.ESTALE, syscall.ENOTCONN,
		syscall.ETIMEDOUT, syscall.EHOSTDOWN, syscall.EHOSTUNREACH, syscall.ENETDOWN, syscall.ENETUNREACH,
		syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.ECONNABORTED,
	}, code)
}
