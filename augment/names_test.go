package augment

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestQuote(t *testing.T) {
	for name, want := range map[string]string{
		"/a b/ä-猫.png":    "/a b/ä-猫.png",
		`C:\images\1`:     `C:\images\1`,
		`it's "so".png`:   `it's "so".png`,
		"a\nb.png":        `"a\nb.png"`,
		"\x1b[31mred.png": `"\x1b[31mred.png"`,
		"\xff.png":        `"\xff.png"`,
		" a.png":          `" a.png"`,
		`"a".png`:         `"\"a\".png"`,
		"":                `""`,
		"a\u202eb.png":    `"a\u202eb.png"`, // turns the writing direction
	} {
		if got := quote(name); got != want {
			t.Errorf("%q is quoted %s, want %s", name, got, want)
		}
	}
}

// oddNames are file names that some system allows.
func oddNames() []string {
	names := []string{"a b.png", "#1.png", "ä猫🐈.png", "it's.png", "%s%d.png", "-rf.png", "semi;colon&.png"}
	if runtime.GOOS != "windows" {
		names = append(names, " lead.png", `quo"te.png`, `back\slash.png`, "esc\x1b[31m.png")
	}
	if runtime.GOOS == "linux" { // other systems insist on Unicode
		names = append(names, "\xff\xfe.png")
	}
	return names
}

// plainMessage fails where a message would spoil a line of a terminal.
func plainMessage(t *testing.T, text string) {
	t.Helper()
	if text == "" || strings.ContainsFunc(text, func(r rune) bool { return r < 0x20 || r == 0x7f || r == '\ufffd' }) {
		t.Errorf("the message %q does not quote what it names", text)
	}
}

// Whatever a file is called, a folder and a list find it, and a message about
// it is one plain line.
func TestOddNames(t *testing.T) {
	dir := t.TempDir()
	names := oddNames()
	var lines strings.Builder
	for _, n := range names {
		write(t, filepath.Join(dir, n), dot)
		lines.WriteString("./" + n + "\n")
	}
	list := write(t, filepath.Join(dir, "list.txt"), []byte(lines.String()))
	if runtime.GOOS != "windows" { // not for a list
		names = append(names, "line\nbreak.png")
		write(t, filepath.Join(dir, "line\nbreak.png"), dot)
	}
	for _, c := range []struct {
		path string
		n    int
	}{{dir, len(names)}, {list, len(oddNames())}} {
		src, err := Open(c.path)
		if err != nil {
			t.Fatal(err)
		}
		if src.Len() != c.n {
			t.Errorf("%s: %d images, want %d", c.path, src.Len(), c.n)
		}
		for i := range src.Len() {
			if _, err := src.Decode(i); err != nil {
				t.Error(err)
			}
		}
	}
	for _, n := range names { // the same ones, damaged
		write(t, filepath.Join(dir, n), []byte("no image"))
	}
	src, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i := range src.Len() {
		_, err := src.Decode(i)
		if err == nil {
			t.Fatalf("%q was decoded", src.Name(i))
		}
		plainMessage(t, err.Error())
		if err := os.Remove(filepath.Join(dir, src.Name(i))); err != nil {
			t.Fatal(err)
		}
		_, err = src.Decode(i)
		if err == nil {
			t.Fatalf("%q was decoded though it is gone", src.Name(i))
		}
		plainMessage(t, err.Error())
	}
	l, err := NewLoader(src, LoaderConfig{Recipe: smallConfig().Recipe, BatchSize: 1, OnBad: func(name string, err error) {
		plainMessage(t, name)
		plainMessage(t, err.Error())
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err = l.Next(context.Background()); err == nil {
		t.Fatal("a batch of images that are gone")
	}
	plainMessage(t, err.Error())
	for _, odd := range []string{"no\nsuch", "no\nlist.txt", "no\n-idx3-ubyte"} {
		for _, open := range []func(string) (Source, error){func(path string) (Source, error) { return Open(path) }, OpenFolder, OpenList, OpenIDX} {
			if _, err := open(filepath.Join(dir, odd)); err == nil {
				t.Errorf("%q was opened", odd)
			} else {
				plainMessage(t, err.Error())
			}
		}
	}
}
