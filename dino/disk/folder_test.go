package disk

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// The names of new folders last: each is synced in the folder above it.
func TestMakeFolderSyncsTheFolderAbove(t *testing.T) {
	top := t.TempDir()
	var synced []string
	real := syncFolder
	syncFolder = func(folder string) error { synced = append(synced, folder); return real(folder) }
	t.Cleanup(func() { syncFolder = real })

	path := filepath.Join(top, "a", "b")
	for range 2 {
		if err := MakeFolder(path); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{top, filepath.Join(top, "a")}; !slices.Equal(synced, want) {
		t.Errorf("synced %q, want %q", synced, want)
	}
	if err := MakeNewFolder(path); err == nil {
		t.Error("a folder that is there is made anew")
	}
	file := filepath.Join(top, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, filepath.Join(file, "below")} {
		if err := MakeFolder(path); err == nil {
			t.Errorf("%s was made", path)
		}
	}
}
