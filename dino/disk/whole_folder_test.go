package disk

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A folder appears with all its files or not at all, and nothing is left beside it.
func TestWriteFolder(t *testing.T) {
	above := t.TempDir()
	path := filepath.Join(above, "made")
	two := func(folder string) error {
		return errors.Join(WriteBytes(filepath.Join(folder, "a"), []byte("1")), WriteBytes(filepath.Join(folder, "b"), []byte("2")))
	}
	names := func() (list []string) {
		entries, err := os.ReadDir(above)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			list = append(list, e.Name())
		}
		return list
	}

	failure := errors.New("the second file fails")
	err := WriteFolder(path, func(folder string) error {
		return errors.Join(two(folder), failure)
	})
	if !errors.Is(err, failure) || len(names()) != 0 {
		t.Fatalf("%v leaves %v", err, names())
	}
	if err := os.Mkdir(path, 0o755); err != nil { // an empty one may be there
		t.Fatal(err)
	}
	err = WriteFolder(path+string(filepath.Separator), func(folder string) error {
		err := two(folder)
		if entries, _ := os.ReadDir(path); len(entries) > 0 {
			t.Error("the folder has files before it is whole")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(filepath.Join(path, "b")); err != nil || string(b) != "2" {
		t.Fatalf("%q, %v", b, err)
	}
	err = WriteFolder(path, func(string) error { t.Error("a folder with files is written"); return nil })
	if !errors.Is(err, ErrNotEmpty) || !strings.Contains(err.Error(), path+" cannot be written because") {
		t.Errorf("a folder with files: %v", err)
	}
	if err := WriteFolder(filepath.Join(path, "a"), two); err == nil { // a file
		t.Error("a file is taken for a folder")
	}
	if err := WriteFolder(filepath.Join(above, "none", "made"), two); err == nil || !strings.Contains(err.Error(), "the folder above it") {
		t.Errorf("no folder above: %v", err)
	}
	// files that come while it is made are not written over
	other := filepath.Join(above, "other")
	err = WriteFolder(other, func(folder string) error {
		return errors.Join(two(folder), os.Mkdir(other, 0o755), WriteBytes(filepath.Join(other, "theirs"), nil))
	})
	if !errors.Is(err, ErrNotEmpty) {
		t.Errorf("another's files: %v", err)
	}
	if got := strings.Join(names(), " "); got != "made other" {
		t.Errorf("left: %s", got)
	}
}
