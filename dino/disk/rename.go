package disk

import (
	"errors"
	"os"
	"runtime"
	"syscall"
	"time"
)

// On Windows nobody can rename or remove a file that another program has opened without saying that they may: a virus
// scanner, a backup, a viewer. Most let go within moments.
const (
	heldTries = 25
	heldPause = 200 * time.Millisecond
)

// For tests, which have no Windows.
var (
	renameFile = os.Rename
	pause      = time.Sleep
	heldOpen   = func(err error) bool {
		const accessDenied, sharingViolation, lockViolation = syscall.Errno(5), syscall.Errno(32), syscall.Errno(33)
		return runtime.GOOS == "windows" && (errors.Is(err, accessDenied) || errors.Is(err, sharingViolation) || errors.Is(err, lockViolation))
	}
)

// rename gives a file its name, and waits some seconds for whoever holds the one that has it open.
func rename(from, to string) error {
	err := renameFile(from, to)
	for n := 1; n < heldTries && heldOpen(err); n++ {
		pause(heldPause)
		err = renameFile(from, to)
	}
	return err
}
