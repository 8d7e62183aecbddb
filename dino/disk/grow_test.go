package disk

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// A record that cannot be written is not lost, and leaves no half.
func TestRecordsWaitForRoom(t *testing.T) {
	path := filepath.Join(t.TempDir(), "records")
	g, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	whole := g.f
	if g.f, err = os.Open(path); err != nil { // for reading only
		t.Fatal(err)
	}
	if err := g.Add([]byte("one\n")); err == nil || errors.Is(err, os.ErrClosed) {
		t.Fatalf("writing gave %v", err)
	}
	_ = g.f.Close()
	g.f = whole
	if err := g.Add([]byte("two\n")); err != nil {
		t.Fatal(err)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "one\ntwo\n" {
		t.Errorf("the file holds %q, %v", text, err)
	}
}

// Half a line that a killed process left is ended before the next.
func TestHalfALineIsEnded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lines")
	if err := os.WriteFile(path, []byte("one\ntw"), 0o666); err != nil {
		t.Fatal(err)
	}
	g, err := OpenLines(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(g.Add([]byte("three\n")), g.Close()); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "one\ntw\nthree\n" {
		t.Errorf("the file holds %q, %v", text, err)
	}
}

// What a killed process had not finished goes; everything else stays.
func TestRemoveUnfinished(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"a.json" + tempMark + "123", "a.json"} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(RemoveUnfinished(folder), RemoveUnfinished(filepath.Join(folder, "none"))); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 || entries[0].Name() != "a.json" {
		t.Errorf("left: %v, %v", entries, err)
	}
}
