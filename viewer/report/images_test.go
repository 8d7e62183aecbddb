package report

import (
	"bytes"
	"encoding/base64"
	stdimage "image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// pngFile writes a PNG of some size in pixels.
func pngFile(t *testing.T, path string, w, h int) (data []byte) {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, stdimage.NewGray(stdimage.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	write(t, path, out.String())
	return out.Bytes()
}

func TestImagesOfTheFolder(t *testing.T) {
	folder := newRun(t, "a", nil)
	heads := pngFile(t, filepath.Join(folder, "attention", "heads.png"), 40, 20)
	pngFile(t, filepath.Join(folder, "neighbours.png"), 8, 9)
	pngFile(t, filepath.Join(folder, "checkpoints", "no.png"), 1, 1)
	pngFile(t, filepath.Join(folder, "a", "b", "deep.png"), 1, 1)
	write(t, filepath.Join(folder, "half.png"), string(heads[:20]))
	write(t, filepath.Join(folder, "text.png"), "no image")
	elsewhere := filepath.Join(t.TempDir(), "secret.png")
	pngFile(t, elsewhere, 1, 1)
	if err := os.Symlink(elsewhere, filepath.Join(folder, "link.png")); err != nil {
		t.Fatal(err)
	}
	r := mustOpen(t, folder)
	page := pageOf(t, r)
	if strings.Count(page, "<img ") != 2 || strings.Index(page, "attention/heads.png") > strings.Index(page, "neighbours.png") {
		t.Errorf("%d images", strings.Count(page, "<img "))
	}
	want := `alt="attention/heads.png" width="40" height="20" src="data:image/png;base64,` + base64.StdEncoding.EncodeToString(heads) + `"`
	if !strings.Contains(page, want) || !strings.Contains(page, "What each head") {
		t.Error("the attention's image is not in the page, or without words")
	}
	if refresh(t, r) {
		t.Error("nothing changed")
	}
	write(t, filepath.Join(folder, "half.png"), string(heads))
	if !refresh(t, r) || strings.Count(pageOf(t, r), "<img ") != 3 {
		t.Error("an image that is whole now is not shown")
	}
	if err := os.Remove(filepath.Join(folder, "half.png")); err != nil {
		t.Fatal(err)
	}
	if !refresh(t, r) || strings.Count(pageOf(t, r), "<img ") != 2 {
		t.Error("an image that is gone is shown")
	}
}

func TestImagesAreBounded(t *testing.T) {
	folder := newRun(t, "a", nil)
	data := pngFile(t, filepath.Join(folder, "huge.png"), 2, 2)
	write(t, filepath.Join(folder, "huge.png"), string(data)+strings.Repeat("x", largestImage))
	old := time.Now().Add(-time.Hour)
	for i := range mostImages + 3 {
		path := filepath.Join(folder, "attention", string(rune('a'+i))+".png")
		pngFile(t, path, 2, 2)
		if err := os.Chtimes(path, old, old.Add(time.Duration(i)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	page := pageOf(t, mustOpen(t, folder))
	if got := strings.Count(page, "<img "); got != mostImages {
		t.Errorf("%d images", got)
	}
	if !strings.Contains(page, "Too many or too large for this page: attention/a.png, attention/b.png, attention/c.png, huge.png, in ") {
		t.Error("what is left out is not said")
	}
}
