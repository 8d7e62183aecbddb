//go:build unix

package augment

import (
	"path/filepath"
	"syscall"
	"testing"
)

// A pipe is no image, whatever its name: opening it would never end.
func TestFolderPassesOverPipes(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.png"), dot)
	if err := syscall.Mkfifo(filepath.Join(dir, "b.png"), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if s.Len() != 1 || s.Name(0) != "a.png" {
		t.Errorf("%d images, the first %s", s.Len(), s.Name(0))
	}
}
