//go:build unix

package disk

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Who may read a file is the umask's to say.
func TestFilesFollowTheUmask(t *testing.T) {
	before := syscall.Umask(0)
	defer syscall.Umask(before)
	for umask, want := range map[int]os.FileMode{0o077: 0o600, 0o022: 0o644, 0o002: 0o664} {
		syscall.Umask(umask)
		folder := filepath.Join(t.TempDir(), "new")
		if err := errors.Join(MakeFolder(folder), WriteBytes(filepath.Join(folder, "whole"), []byte("x"))); err != nil {
			t.Fatal(err)
		}
		lines, err := OpenLines(filepath.Join(folder, "lines"))
		if err != nil {
			t.Fatal(err)
		}
		_ = lines.Close()
		for _, name := range []string{"whole", "lines"} {
			if info, err := os.Stat(filepath.Join(folder, name)); err != nil || info.Mode() != want {
				t.Errorf("umask %04o: %s has %v, %v, want %v", umask, name, info.Mode(), err, want)
			}
		}
		if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != 0o777&^os.FileMode(umask) {
			t.Errorf("umask %04o: the folder has %v, %v", umask, info.Mode(), err)
		}
	}
}
