package augment

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Several paths are one set, whose classes go together by name and whose images keep names of their own.
func TestSeveralPathsAreOneSet(t *testing.T) {
	dir := tree(t, "a/train/cat/1.png", "a/train/dog/1.png", "b/train/ant/1.png", "b/train/cat/1.png", "flat/x.png")
	list := write(t, filepath.Join(dir, "more.txt"), []byte("flat/x.png\n"))
	idx := write(t, filepath.Join(dir, "y-images-idx3-ubyte"), idxFile(counting(12), 2, 2, 3))
	write(t, filepath.Join(dir, "y-labels-idx1-ubyte"), idxFile([]byte{7, 3}, 2))
	s, err := Open(filepath.Join(dir, "a", "train"), filepath.Join(dir, "b", "train"), list, idx)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"a/train/cat/1.png", "a/train/dog/1.png", "b/train/ant/1.png", "b/train/cat/1.png", "more.txt: flat/x.png", "y-images-idx3-ubyte: y-images-idx3-ubyte#0", "y-images-idx3-ubyte: y-images-idx3-ubyte#1"}
	if d := cmp.Diff(want, names(s)); d != "" {
		t.Error(d)
	}
	var classes []string
	for i := range s.Len() {
		class := ""
		if label := s.Label(i); label >= 0 {
			class = s.Classes()[label]
		}
		classes = append(classes, class)
		if _, err := s.Decode(i); err != nil {
			t.Error(err)
		}
	}
	if d := cmp.Diff([]string{"cat", "dog", "ant", "cat", "", "7", "3"}, classes); d != "" {
		t.Error(d)
	}
	if _, err := Open(filepath.Join(dir, "a"), filepath.Join(dir, "none")); err == nil || !strings.Contains(err.Error(), "none doesn't exist") {
		t.Errorf("a path that is not there: %v", err)
	}
}

// An image counts once, however many of the paths lead to it.
func TestPathsThatOverlapCountImagesOnce(t *testing.T) {
	dir := tree(t, "set/cat/1.png", "set/2.png", "other/3.png", "link -> set")
	set, cat, other, linked := filepath.Join(dir, "set"), filepath.Join(dir, "set", "cat"), filepath.Join(dir, "other"), filepath.Join(dir, "link")
	for _, paths := range [][]string{{set, cat, other}, {set, other, linked}, {set, set + "/.", other}, {cat, set, other}} {
		s, err := Open(paths...)
		if err != nil {
			t.Fatal(err)
		}
		if s.Len() != 3 || len(Remarks(s)) != 1 || !strings.Contains(Remarks(s)[0], "passed over") {
			t.Errorf("%v: %v, %q", paths, names(s), Remarks(s))
		}
	}
}

// One path has the fingerprint that it always had, and a set of several the same one wherever it lies.
func TestFingerprintOfOneAndOfSeveralPaths(t *testing.T) {
	files := []string{"set/a/1.png", "set/b/2.png", "set2/c/3.png"}
	var seen []string
	for _, dir := range []string{tree(t, files...), tree(t, files...)} {
		one, err := Open(filepath.Join(dir, "set"))
		if err != nil {
			t.Fatal(err)
		}
		if got := Fingerprint(one); got != "2 pictures (names' CRC-32C 220ca7d5)" {
			t.Errorf("one path: %s", got)
		}
		both, err := Open(filepath.Join(dir, "set"), filepath.Join(dir, "set2"))
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, Fingerprint(both))
	}
	if seen[0] != seen[1] {
		t.Errorf("the set's fingerprint changes with its place: %q", seen)
	}
}
