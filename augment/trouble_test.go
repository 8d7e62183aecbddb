package augment

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// shaky is a source that cannot be read for a while, or whose reads hang until it is let go.
type shaky struct {
	fake
	until time.Time
	hang  chan struct{}
	looks *atomic.Int64
}

func (s shaky) Decode(i int) (*Image, error) {
	if s.looks != nil {
		s.looks.Add(1)
	}
	if s.hang != nil {
		<-s.hang
	}
	if time.Now().Before(s.until) {
		return nil, &Trouble{fmt.Errorf("image p%d cannot be opened: too many open files", i)}
	}
	return s.fake.Decode(i)
}

// Trouble that passes leaves no trace: the batches are the same, and no image is bad.
func TestTroubleThatPassesIsNoFaultOfTheImages(t *testing.T) {
	cfg := smallConfig()
	cfg.Workers = 3
	want := take(t, fake{n: 11}, cfg, 0, 1)
	synctest.Test(t, func(t *testing.T) {
		var said []string
		cfg := cfg
		cfg.OnBad = func(name string, err error) { t.Errorf("%s is bad: %v", name, err) }
		cfg.OnWait = func(sentence string) { said = append(said, sentence) }
		got := take(t, shaky{fake: fake{n: 11}, until: time.Now().Add(20 * time.Second)}, cfg, 0, 1)
		if len(got) != 1 || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Error("the batch is another than without trouble")
		}
		if len(said) != 1 || !strings.Contains(said[0], "too many open files") || !strings.Contains(said[0], "tried again") {
			t.Errorf("said %q", said)
		}
	})
}

// Trouble that lasts ends with its own error, not with a list of bad images, and Close does not wait it out.
func TestTroubleThatLasts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		looks := &atomic.Int64{}
		cfg := smallConfig()
		cfg.OnBad = func(name string, err error) { t.Errorf("%s is bad: %v", name, err) }
		l, err := NewLoader(shaky{fake: fake{n: 11}, until: time.Now().Add(time.Hour), looks: looks}, cfg)
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		_, err = l.Next(context.Background())
		if trouble := (*Trouble)(nil); !errors.As(err, &trouble) || !strings.Contains(err.Error(), "too many open files") {
			t.Errorf("lasting trouble gives %v", err)
		}
		if took := time.Since(begun); took < patience || took > patience+mostWait {
			t.Errorf("given up after %v", took)
		}
		begun = time.Now()
		l.Close()
		if took := time.Since(begun); took > time.Second {
			t.Errorf("Close took %v", took)
		}
		if n := looks.Load() / int64(l.cfg.Workers); n > 60 {
			t.Errorf("%d looks by each worker: the waits do not grow", n)
		}
	})
}

// A read that hangs is told of, a wait for it heeds its context, and Close leaves it behind.
func TestAHangingReadHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		var said []string
		cfg := smallConfig()
		cfg.OnWait = func(sentence string) { said = append(said, sentence) }
		cfg.OnBad = func(name string, err error) { t.Errorf("%s is bad: %v", name, err) }
		l, err := NewLoader(shaky{fake: fake{n: 11, bad: func(int) bool { return true }}, hang: hang}, cfg)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Second)
		defer cancel()
		if _, err := l.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Next gives %v", err)
		}
		if len(said) != 3 || !strings.Contains(said[0], "has not been read for 30 seconds") {
			t.Errorf("said %q", said)
		}
		begun := time.Now()
		l.Close()
		if took := time.Since(begun); took > 2*letGo {
			t.Errorf("Close took %v", took)
		}
		close(hang) // what ends now tells nobody
		synctest.Wait()
	})
}

// A folder that is gone, or whose disk is, is not a folder of bad images.
func TestAFolderThatIsGoneIsToldAsThat(t *testing.T) {
	for what, remove := range map[string]func(dir string) (gone string, err error){
		"the root": func(dir string) (string, error) { return dir, os.RemoveAll(dir) },
		"the root's disk": func(dir string) (string, error) {
			return dir, errors.Join(os.Rename(dir, dir+".away"), os.Mkdir(dir, 0o755))
		},
		"a class": func(dir string) (string, error) {
			return filepath.Join(dir, "cat"), os.RemoveAll(filepath.Join(dir, "cat"))
		},
		"a class's disk": func(dir string) (string, error) {
			cat := filepath.Join(dir, "cat")
			return cat, errors.Join(os.RemoveAll(cat), os.Mkdir(cat, 0o755))
		},
		"a folder above": func(dir string) (string, error) {
			return filepath.Join(dir, "dog"), os.RemoveAll(filepath.Join(dir, "dog"))
		},
	} {
		for _, kind := range []string{"folder", "list"} {
			top := t.TempDir()
			dir := filepath.Join(top, "set")
			var lines string
			for _, name := range []string{"cat/a.png", "cat/b.png", "dog/pup/a.png", "dog/pup/b.png", "one/a.png"} {
				write(t, filepath.Join(dir, filepath.FromSlash(name)), dot)
				lines += "set/" + name + "\n"
			}
			path := dir
			if kind == "list" {
				path = write(t, filepath.Join(top, "list.txt"), []byte(lines))
			}
			src, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(filepath.Join(dir, "one", "a.png")); err != nil {
				t.Fatal(err)
			}
			_, err = src.Decode(4)
			if trouble := (*Trouble)(nil); err == nil || errors.As(err, &trouble) {
				t.Errorf("%s, %s: a single image that is gone gives %v", kind, what, err)
			}
			gone, err := remove(dir)
			if err != nil {
				t.Fatal(err)
			}
			at := 0
			if what == "a folder above" {
				at = 2
			}
			_, err = src.Decode(at)
			if kind == "list" && strings.HasPrefix(what, "the root") && what != "the root" {
				gone = filepath.Join(dir, "cat")
			}
			if trouble := (*Trouble)(nil); !errors.As(err, &trouble) || !strings.Contains(err.Error(), "the folder "+gone+" is gone") {
				t.Errorf("%s, %s: want %s, got %v", kind, what, gone, err)
			}
		}
	}
}
