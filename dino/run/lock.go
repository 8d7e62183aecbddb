package run

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/gofrs/flock"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// lockName is the file by which a process holds a run's folder. The operating system takes the lock back when the
// process ends, however it ends: the file that stays behind holds nothing.
const lockName = "lock"

// lockRun takes a run's folder for this process, or says who has it. Where the file system has no locks it takes
// nothing, as refusing to train there would help nobody.
func lockRun(path string) (*flock.Flock, error) {
	name := filepath.Join(path, lockName)
	l := flock.New(name, flock.SetPermissions(0o666))
	ok, err := l.TryLock()
	switch {
	case errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.ENOLCK):
		return l, nil
	case err != nil:
		return nil, fmt.Errorf("run folder %s cannot be locked (%w): see that it is there and that you may write to it", path, disk.Cause(err))
	case !ok:
		return nil, inUse(path)
	}
	// For the other's message only; where it cannot be written, that says less.
	_ = os.WriteFile(name, fmt.Appendf(nil, "%d\n", os.Getpid()), 0o666)
	return l, nil
}

// held tells, without leaving a file, whether a process holds the run's folder.
func held(path string) bool {
	if _, err := os.Stat(filepath.Join(path, lockName)); err != nil {
		return false
	}
	l := flock.New(filepath.Join(path, lockName))
	ok, err := l.TryLock()
	if ok {
		_ = l.Unlock()
	}
	return err == nil && !ok
}

func inUse(path string) error {
	who := ""
	if text, err := os.ReadFile(filepath.Join(path, lockName)); err == nil && len(text) > 0 {
		who = " (process " + strings.TrimSpace(string(text)) + ")"
	}
	return fmt.Errorf("run folder %s is in use by another dinogpu%s: wait until that ends, or start a run of its own with --run-dir", path, who)
}
