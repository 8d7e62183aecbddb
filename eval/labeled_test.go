package eval

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// writeImages makes a folder of n images of each class, w x h pixels.
func writeImages(t *testing.T, n, w, h int, classes ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, class := range classes {
		if err := os.MkdirAll(filepath.Join(dir, class), 0o755); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			f, err := os.Create(filepath.Join(dir, class, strconv.Itoa(i)+".png"))
			if err != nil {
				t.Fatal(err)
			}
			if err := png.Encode(f, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// A question's images are squares of the size asked for, spread evenly over their classes, and what was found beside
// them is told.
func TestOpenQuestion(t *testing.T) {
	bank, queries := writeImages(t, 6, 40, 30, "ant", "bee"), writeImages(t, 4, 20, 50, "bee", "cow")
	q, m, err := OpenQuestion(bank, queries, 4, 32)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(q.Classes, []string{"ant", "bee"}) || !slices.Equal(q.Bank.Labels, []int{0, 0, 1, 1}) ||
		!slices.Equal(q.Queries.Labels, []int{1, 1, NoClass, NoClass}) || !slices.Equal(m.Unknown, []string{"cow"}) || m.UnknownImages != 2 {
		t.Errorf("classes %v, labels %v and %v, beside them %+v", q.Classes, q.Bank.Labels, q.Queries.Labels, m)
	}
	for _, p := range []Images{q.Bank, q.Queries} {
		if pixels, err := p.Look(0); err != nil || len(pixels) != 3*32*32 {
			t.Errorf("an image is seen as %d bytes, %v", len(pixels), err)
		}
	}
	for want, path := range map[string]string{"its own nearest neighbor": bank + string(filepath.Separator), "none": filepath.Join(bank, "none")} {
		if _, _, err := OpenQuestion(bank, path, 0, 32); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

// Leave-one-out asks about the bank itself; a class of one image is told, as it can't be right.
func TestOpenLeaveOneOut(t *testing.T) {
	dir := writeImages(t, 3, 40, 30, "ant", "bee")
	if err := os.RemoveAll(filepath.Join(dir, "bee", "0.png")); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "bee", "1.png")); err != nil {
		t.Fatal(err)
	}
	q, m, err := OpenLeaveOneOut(dir, 0, 32)
	if err != nil {
		t.Fatal(err)
	}
	if !q.LeaveOneOut || !slices.Equal(q.Bank.Labels, []int{0, 0, 0, 1}) || !slices.Equal(q.Queries.Which, q.Bank.Which) || !slices.Equal(m.Single, []string{"bee"}) {
		t.Errorf("%+v, beside it %+v", q, m)
	}
	if _, _, err := OpenLeaveOneOut(filepath.Join(dir, "ant"), 0, 32); err == nil || !strings.Contains(err.Error(), "a sub-folder for each class") {
		t.Errorf("a folder without classes: %v", err)
	}
}

// A folder without an image is no class, and is named.
func TestEmptyClasses(t *testing.T) {
	bank, queries := writeImages(t, 2, 8, 8, "a", "b"), writeImages(t, 2, 8, 8, "a", "b")
	if err := os.Mkdir(filepath.Join(bank, "nothing"), 0o755); err != nil {
		t.Fatal(err)
	}
	q, m, err := OpenQuestion(bank, queries, 0, 8)
	if err != nil || len(q.Classes) != 2 || len(m.Remarks) != 1 || !strings.Contains(m.Remarks[0], `1 folder without an image, which count as no class: "nothing"`) {
		t.Errorf("%v, %q, %v", q.Classes, m.Remarks, err)
	}
}
