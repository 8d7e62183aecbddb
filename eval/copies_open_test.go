package eval

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Copydays' own layout.
func TestOpenCopies(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{"strong/999901.jpg": "", "readme.txt": "", ".hidden/a.png": "", "distractors/b.jpg": ""}
	for i := range 3 {
		name := fmt.Sprintf("%d00.jpg", 2000+i)
		for _, folder := range []string{"original", "jpegqual/3", "jpegqual/10", "crops/50"} {
			files[folder+"/"+name] = ""
		}
		files[fmt.Sprintf("strong/%d0%d.jpg", 2000+i, i+1)] = ""
	}
	files["extra/c.jpg"], files["crops/50/extra.jpg"] = "", ""
	put(t, dir, files)
	c, err := OpenCopies(dir, filepath.Join(dir, "extra"), "")
	if err != nil {
		t.Fatal(err)
	}
	if c.Originals.Len() != 3 || c.Distractors.Len() != 1 || c.Whitening.Len() != 1 || c.Images() != 3+2+4*3 {
		t.Errorf("opened %+v", c)
	}
	var names []string
	for _, b := range c.Blocks {
		names = append(names, b.Name+" by "+b.By)
		if !slices.Equal(b.Of, []int{0, 1, 2}) || b.Images.Len() != 3 {
			t.Errorf("%s: %d copies of %v", b.Name, b.Images.Len(), b.Of)
		}
	}
	if want := []string{"crops/50 by name", "jpegqual/3 by name", "jpegqual/10 by name", "strong by first letters"}; !slices.Equal(names, want) {
		t.Errorf("blocks %q, want %q", names, want)
	}
	if c.Blocks[0].Without[0] != filepath.Join("50", "extra.jpg") || c.Blocks[3].Without[0] != "999901.jpg" {
		t.Errorf("without an original: %v, %v", c.Blocks[0].Without, c.Blocks[3].Without)
	}
}

func TestOpenCopiesRefuses(t *testing.T) {
	for _, c := range []struct {
		files, want string
		other       bool
	}{
		{"copies/a.png", "no folder original", true},
		{"original/a.txt", "holds no image", false},
		{"original/a.png", "no folder of copies beside them", false},
		{"original/a.png original/a.jpg strong/a.png", `two originals called "a"`, false},
		{"original/a.png strong/x.png strong/y.png", `none of the 2 images in "strong" has the name of one of the 1 original`, false},
		{"original/a.png strong/readme.txt", "holds no image", false},
		{"original/a.png strong/a.png whitening/x.txt", "holds no image", false},
	} {
		dir := t.TempDir()
		files := map[string]string{}
		for _, f := range strings.Fields(c.files) {
			files[f] = ""
		}
		put(t, dir, files)
		_, err := OpenCopies(dir, "", "")
		if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, ErrOtherLayout) != c.other || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", c.files, err, c.want)
		}
	}
	if _, err := OpenCopies(filepath.Join(t.TempDir(), "none"), "", ""); err == nil {
		t.Error("a folder that is not there is opened")
	}
	dir := t.TempDir()
	put(t, dir, map[string]string{"original/a.png": "", "strong/a.png": ""})
	if _, err := OpenCopies(dir, "", filepath.Join(dir, "none")); err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("distractors that are not there: %v", err)
	}
}
