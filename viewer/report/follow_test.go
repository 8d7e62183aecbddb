package report

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFollowerReadsWhatIsNew(t *testing.T) {
	f := follower{path: filepath.Join(t.TempDir(), "m.jsonl")}
	var lines []string
	agains := 0
	next := func(wantChanged bool, want ...string) {
		t.Helper()
		lines = nil
		changed, err := f.next(context.Background(), func() { agains++ }, func(line []byte) { lines = append(lines, string(line)) }, whole)
		if err != nil || changed != wantChanged {
			t.Errorf("changed %v, %v", changed, err)
		}
		if diff := cmp.Diff(want, lines); diff != "" {
			t.Error(diff)
		}
	}
	next(false)
	write(t, f.path, `{"a":1}`+"\n"+`{"a":2}`+"\n"+`{"a":3`)
	next(true, `{"a":1}`, `{"a":2}`)
	next(false)
	add(t, f.path, `3}`)
	next(true, `{"a":33}`) // whole, though its end is not there yet
	add(t, f.path, "\n")
	next(true, "")
	add(t, f.path, strings.Repeat("x", 3*longestLine))
	next(false)
	add(t, f.path, "x\n{}\n")
	next(true, "{}") // the long line is passed over
	if agains != 0 {
		t.Errorf("began anew %d times", agains)
	}

	// A run that goes on writes the file anew, whatever its size.
	write(t, f.path+".new", strings.Repeat(`{"b":1}`+"\n", 100_000))
	if err := os.Rename(f.path+".new", f.path); err != nil {
		t.Fatal(err)
	}
	want := make([]string, 100_000)
	for i := range want {
		want[i] = `{"b":1}`
	}
	next(true, want...)
	if err := os.Truncate(f.path, 16); err != nil {
		t.Fatal(err)
	}
	next(true, want[:2]...)
	if err := os.Remove(f.path); err != nil {
		t.Fatal(err)
	}
	next(true)
	next(false)
	if agains != 3 {
		t.Errorf("began anew %d times, not 3", agains)
	}
}

func TestFollowerStopsWithItsContext(t *testing.T) {
	f := follower{path: filepath.Join(t.TempDir(), "m.jsonl")}
	write(t, f.path, strings.Repeat("{}\n", 5000))
	ctx, cancel := context.WithCancel(context.Background())
	n := 0
	_, err := f.next(ctx, func() {}, func([]byte) {
		if n++; n == 10 {
			cancel()
		}
	}, whole)
	if ctx.Err() == nil || err == nil || n > 1024 {
		t.Errorf("%d lines, %v", n, err)
	}
}

func TestFollowerOfAFolder(t *testing.T) {
	f := follower{path: t.TempDir()}
	_, err := f.next(context.Background(), func() {}, func([]byte) {}, whole)
	if err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a folder: %v", err)
	}
}
