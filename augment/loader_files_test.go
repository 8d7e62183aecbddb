package augment

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// spoilt makes a folder of n images of which bad are damaged: cut short,
// empty, or text.
func spoilt(t *testing.T, n, bad int) string {
	t.Helper()
	dir := t.TempDir()
	jpg, err := os.ReadFile("../testdata/formats/420.jpg")
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		data := jpg
		if i%2 == 0 {
			data = pngOf(goImage(noise(9, 7, uint64(i))))
		}
		if i < bad {
			data = [][]byte{jpg[:len(jpg)/2], nil, []byte("no image")}[i%3]
		}
		write(t, filepath.Join(dir, fmt.Sprintf("%03d.png", i)), data)
	}
	return dir
}

// From files to batches: bad images are named once, counted, and replaced;
// and a loader that starts in the middle, as after a restart, knows nothing of
// what an earlier one found bad and still makes the same bytes.
func TestFolderWithBadImages(t *testing.T) {
	dir := spoilt(t, 40, 7)
	open := func() Source {
		src, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		return src
	}
	var named []string
	cfg := smallConfig()
	cfg.BatchSize, cfg.Workers = 4, 2
	cfg.OnBad = func(name string, err error) {
		if !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "replace or remove it") {
			t.Errorf("%s: %v", name, err)
		}
		named = append(named, name)
	}
	want := take(t, open(), cfg, 0, 30) // three epochs
	slices.Sort(named)
	if d := cmp.Diff([]string{"000.png", "001.png", "002.png", "003.png", "004.png", "005.png", "006.png"}, named); d != "" {
		t.Errorf("named as bad:\n%s", d)
	}
	seen := map[int]bool{}
	for _, b := range want {
		for _, i := range b.Images {
			seen[i] = true
			if i < 7 {
				t.Errorf("batch %d shows the bad image %d", b.N, i)
			}
		}
	}
	if len(seen) != 33 {
		t.Errorf("%d of the 33 good images were shown", len(seen))
	}
	for _, from := range []int{3, 10, 17} {
		for _, cfg.Workers = range []int{1, 3} {
			if d := cmp.Diff(want[from:from+4], take(t, open(), cfg, from, 4)); d != "" {
				t.Errorf("from batch %d, %d workers:\n%s", from, cfg.Workers, d)
			}
		}
	}
}

// More than ten bad ones of a small folder stop the run with their names.
func TestFolderWithTooManyBadImages(t *testing.T) {
	src, err := Open(spoilt(t, 40, 11))
	if err != nil {
		t.Fatal(err)
	}
	l, err := NewLoader(src, smallConfig())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for range 30 {
		b, err := l.Next(context.Background())
		if err == nil {
			b.Release()
			continue
		}
		for _, say := range []string{"11 of 40 images cannot be read, more than the 10 that are passed over", "000.png, 001.png, ", "010.png"} {
			if !strings.Contains(err.Error(), say) {
				t.Errorf("want %q in %v", say, err)
			}
		}
		return
	}
	t.Error("11 bad images of 40 did not stop the loader")
}

// The smallest images there are, as files, in all views.
func TestSmallestImages(t *testing.T) {
	dir := t.TempDir()
	for i, d := range [][2]int{{1, 1}, {1, 500}, {500, 1}, {2, 3}} {
		write(t, filepath.Join(dir, fmt.Sprintf("%d.png", i)), pngOf(goImage(noise(d[0], d[1], uint64(i)))))
	}
	src, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	cfg := LoaderConfig{Recipe: Reference(224, globalScale, 2, 96, localScale), BatchSize: 4}
	for _, b := range take(t, src, cfg, 0, 2) {
		order := slices.Sorted(slices.Values(b.Images))
		if d := cmp.Diff([]int{0, 1, 2, 3}, order); d != "" {
			t.Errorf("batch %d:\n%s", b.N, d)
		}
		dots := slices.Index(b.Images, 0)
		for v := range b.Views {
			size := cfg.Recipe.Size(v) * cfg.Recipe.Size(v) * 3
			one := b.Views[v][dots*size:][:size]
			for i := range one {
				if one[i] != one[i%3] {
					t.Fatalf("view %d of one pixel has several colors", v)
				}
			}
		}
	}
}
