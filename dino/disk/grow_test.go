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
	for _, name := range []string{"a.json" + tempMark + "123", "a.json", "mine.tmp-old", "mine.tmp-"} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(RemoveUnfinished(folder), RemoveUnfinished(filepath.Join(folder, "none"))); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 3 || entries[0].Name() != "a.json" {
		t.Errorf("left: %v, %v", entries, err)
	}
}

// What others do with a file of lines while it grows leaves whole lines, no gap of zeros, and loses none that comes after.
func TestLinesThatOthersChange(t *testing.T) {
	write := func(text string, flag int) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			f, err := os.OpenFile(path, os.O_WRONLY|flag, 0)
			if err != nil {
				t.Fatal(err)
			}
			_, err = f.WriteString(text)
			if err := errors.Join(err, f.Close()); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, c := range map[string]struct {
		change func(*testing.T, string)
		want   string
	}{
		"emptied":            {write("", os.O_TRUNC), "three\n"},
		"cut after a line":   {write("one\n", os.O_TRUNC), "one\nthree\n"},
		"cut within a line":  {write("one\ntw", os.O_TRUNC), "one\ntw\nthree\n"},
		"added to":           {write("theirs\n", os.O_APPEND), "one\ntwo\ntheirs\nthree\n"},
		"half a line, added": {write("the", os.O_APPEND), "one\ntwo\nthe\nthree\n"},
	} {
		path := filepath.Join(t.TempDir(), "lines")
		g, err := OpenLines(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := g.Add([]byte("one\ntwo\n")); err != nil {
			t.Fatal(err)
		}
		c.change(t, path)
		if err := errors.Join(g.Add([]byte("three\n")), g.Close()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if text, err := os.ReadFile(path); err != nil || string(text) != c.want {
			t.Errorf("%s: the file holds %q, %v, want %q", name, text, err, c.want)
		}
	}
}

// A file that was removed is written anew, and one that was put in its place is gone on with.
func TestReopen(t *testing.T) {
	for name, c := range map[string]struct {
		change func(path string) error
		want   string
	}{
		"nothing": {func(string) error { return nil }, "one\ntwo\nthree\nfour\n"},
		"removed": {os.Remove, "one\ntwo\nthree\nfour\n"},
		"renamed": {func(path string) error { return os.Rename(path, path+"-aside") }, "one\ntwo\nthree\nfour\n"},
		"edited": {func(path string) error {
			return errors.Join(os.WriteFile(path+"~", []byte("ONE"), 0o666), os.Rename(path+"~", path))
		}, "ONE\ntwo\nthree\nfour\n"},
	} {
		path := filepath.Join(t.TempDir(), "lines")
		g, err := OpenLines(path)
		if err != nil {
			t.Fatal(err)
		}
		err = errors.Join(g.Add([]byte("one\n")), g.Reopen(), g.Add([]byte("two\n")), c.change(path), g.Add([]byte("three\n")))
		if same := g.Same(); same != (name == "nothing") {
			t.Errorf("%s: the same file is %v", name, same)
		}
		if err := errors.Join(err, g.Reopen(), g.Add([]byte("four\n")), g.Close()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if text, err := os.ReadFile(path); err != nil || string(text) != c.want {
			t.Errorf("%s: the file holds %q, %v, want %q", name, text, err, c.want)
		}
	}
}
