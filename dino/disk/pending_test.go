package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func names(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// A pending file has its name after Keep alone, and leaves nothing where it is dropped.
func TestPending(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "x")
	for _, whole := range []bool{false, true} {
		p, err := NewPending(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, piece := range []struct {
			text string
			at   int64
		}{{"cd", 2}, {"ab", 0}} {
			if _, err := p.WriteAt([]byte(piece.text), piece.at); err != nil {
				t.Fatal(err)
			}
		}
		left, err := Unfinished(path)
		if got := names(t, folder); err != nil || len(got) != 1 || len(left) != 1 || left[0] != filepath.Join(folder, got[0]) {
			t.Fatalf("before Keep there is %q, of which %q is unfinished, %v", got, left, err)
		}
		if whole {
			if err := p.Keep(); err != nil {
				t.Fatal(err)
			}
		}
		p.Drop()
		if got := names(t, folder); whole != slices.Equal(got, []string{"x"}) || !whole && len(got) > 0 {
			t.Errorf("whole %v: there is %q", whole, got)
		}
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "abcd" {
		t.Errorf("%q, %v", data, err)
	}
}

// What is there is never written over, also where it came meanwhile.
func TestPendingWritesOverNothing(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "x")
	p, err := NewPending(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("another's"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := NewPending(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a name that is taken gives %v", err)
	}
	if err := p.Keep(); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a name taken meanwhile gives %v", err)
	}
	p.Drop()
	if data, err := os.ReadFile(path); err != nil || string(data) != "another's" || len(names(t, folder)) != 1 {
		t.Errorf("%q, %v, %q", data, err, names(t, folder))
	}
	if _, err := NewPending(filepath.Join(folder, "none", "x")); err == nil {
		t.Error("a folder that is not there is written to")
	}
}
