package hostile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

// A recorder stands for a test that fails.
type recorder struct {
	testing.TB
	said string
}

func (r *recorder) Helper()             {}
func (r *recorder) Logf(string, ...any) {}

func (r *recorder) Fatalf(format string, args ...any) {
	r.said = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (r *recorder) Errorf(format string, args ...any) { r.said = fmt.Sprintf(format, args...) }

// failure is what a test would be ended with. What it keeps is removed.
func failure(t *testing.T, do func(t testing.TB)) string {
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		do(r)
	}()
	<-done
	if kept := regexp.MustCompile("; its bytes are in (.*)$").FindStringSubmatch(r.said); kept != nil {
		data, err := os.ReadFile(kept[1])
		if err != nil || string(data) != "seed" || os.Remove(kept[1]) != nil {
			t.Errorf("what broke the reader is not kept: %q, %v", data, err)
		}
	}
	return r.said
}

var sink []byte

func TestBadReadersAreCaught(t *testing.T) {
	for want, read := range map[string]func(path string) error{
		"makes its reader panic: runtime error: index out of range": func(string) error { return fmt.Errorf("%d", []int{}[len(sink)-len(sink)]) },
		"bytes are allocated, more than 67108880":                   func(string) error { sink = make([]byte, Base+1<<20); return nil },
		`the error "no name" does not name hostile`:                 func(string) error { return errors.New("no name") },
		`the error "hostile\nis bad" does not name hostile`:         func(string) error { return errors.New("hostile\nis bad") },
		`the error "hostile \xff" does not name hostile`:            func(string) error { return errors.New("hostile \xff") },
	} {
		for _, got := range []string{
			failure(t, func(r testing.TB) { _ = Try(r, []byte("seed"), read) }),
			failure(t, func(r testing.TB) { Mutate(r, [][]byte{[]byte("seed")}, time.Second, read) }),
		} {
			if !strings.Contains(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	}
	sink = nil
	takesAll := func(string) error { return nil }
	if got := failure(t, func(r testing.TB) { Mutate(r, [][]byte{[]byte("seed")}, 10*time.Millisecond, takesAll) }); !strings.Contains(got, "0 were refused") {
		t.Errorf("a reader that refuses nothing gives %q", got)
	}
}

func TestMutationsComeFromSeeds(t *testing.T) {
	changed, lengths, reads := 0, map[int]bool{}, 0
	read := func(path string) error {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if reads++; reads <= 2 && string(data) != []string{"first seed", ""}[reads-1] {
			t.Errorf("file %d holds %q", reads, data)
		}
		lengths[len(data)] = true
		if string(data) != "first seed" {
			changed++
			return fmt.Errorf("%s is another", filepath.Base(path))
		}
		return nil
	}
	Mutate(t, [][]byte{[]byte("first seed"), {}}, 100*time.Millisecond, read)
	if reads < 20 || changed < reads/2 || len(lengths) < 5 {
		t.Errorf("%d files, %d changed, %d lengths", reads, changed, len(lengths))
	}
}
