//go:build unix

package augment

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A pipe where an image, a list or an idx file should be is an error of that file, and nothing waits for its other end.
func TestPipesHoldUpNothing(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, link := range []string{"set/by-link.png", "x-labels-idx1-ubyte"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, link)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(pipe, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(dir, "set/later.png"), dot)
	src, err := Open(filepath.Join(dir, "set"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Remove(filepath.Join(dir, "set/later.png")), syscall.Mkfifo(filepath.Join(dir, "set/later.png"), 0o644)); err != nil {
		t.Fatal(err)
	}
	list, err := Open(write(t, filepath.Join(dir, "list.txt"), []byte("set/by-link.png\n")))
	if err != nil {
		t.Fatal(err)
	}
	images := write(t, filepath.Join(dir, "x-images-idx3-ubyte"), idxFile(counting(24), 4, 2, 3))
	for what, look := range map[string]func() error{
		"a link to a pipe":          func() error { _, err := src.Decode(0); return err },
		"a pipe that came later":    func() error { _, err := src.Decode(1); return err },
		"a pipe that a list names":  func() error { _, err := list.Decode(0); return err },
		"a pipe as a list":          func() error { _, err := OpenList(pipe); return err },
		"a pipe as an idx file":     func() error { _, err := OpenIDX(pipe); return err },
		"a pipe as labels":          func() error { _, err := OpenIDX(images); return err },
		"a device as an idx file":   func() error { _, err := OpenIDX("/dev/zero"); return err },
		"a device as a set":         func() error { _, err := Open("/dev/zero"); return err },
		"a folder as an idx file":   func() error { _, err := OpenIDX(dir); return err },
		"a pipe as a set of images": func() error { _, err := Open(pipe); return err },
	} {
		err := look()
		if trouble := (*Trouble)(nil); err == nil || errors.As(err, &trouble) || !strings.Contains(err.Error(), "plain file") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Too many open files is not the image's fault.
func TestTooManyOpenFilesIsTrouble(t *testing.T) {
	src, err := Open(tree(t, "a.png"))
	if err != nil {
		t.Fatal(err)
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	low := limit
	low.Cur = 0
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &low); err != nil {
		t.Fatal(err)
	}
	_, err = src.Decode(0)
	if e := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); e != nil {
		t.Fatal(e)
	}
	if trouble := (*Trouble)(nil); !errors.As(err, &trouble) || !strings.Contains(err.Error(), "too many open files") {
		t.Errorf("%v", err)
	}
	if _, err := src.Decode(0); err != nil {
		t.Error(err)
	}
}
