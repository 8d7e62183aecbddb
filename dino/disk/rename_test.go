package disk

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A file that another program holds open, as Windows has it, is waited for some seconds; then that is said.
func TestFileThatAnotherProgramHolds(t *testing.T) {
	held := errors.New("Access is denied.")
	renames, waited, letsGo := 0, time.Duration(0), 0
	renameFile = func(from, to string) error {
		if renames++; renames == letsGo {
			return os.Rename(from, to)
		}
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: held}
	}
	pause = func(d time.Duration) { waited += d }
	real := heldOpen
	heldOpen = func(err error) bool { return errors.Is(err, held) }
	t.Cleanup(func() { renameFile, pause, heldOpen = os.Rename, time.Sleep, real })

	path := filepath.Join(t.TempDir(), "x")
	letsGo = 4
	if err := WriteBytes(path, []byte("x")); err != nil || renames != 4 {
		t.Errorf("after %d tries: %v", renames, err)
	}
	renames, waited, letsGo = 0, 0, 0
	err := WriteBytes(path, []byte("y"))
	if err == nil || !strings.Contains(err.Error(), path+" cannot be written, most likely because another program holds it open (Access is denied.)") {
		t.Errorf("held for good: %v", err)
	}
	if waited < 3*time.Second || waited > 10*time.Second {
		t.Errorf("waited %v", waited)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("the folder holds %v", entries)
	}
	heldOpen = func(error) bool { return false } // any other error is no matter of time
	if renames = 0; WriteBytes(path, nil) == nil || renames != 1 {
		t.Errorf("%d tries", renames)
	}
}
