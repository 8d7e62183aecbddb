package augment

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dinogpu/dinogpu/augment/decode"
)

func pngOf(im image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, im); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// dot is a one-pixel image, as a file.
var dot = pngOf(image.NewGray(image.Rect(0, 0, 1, 1)))

func names(s Source) []string {
	var out []string
	for i := range s.Len() {
		out = append(out, filepath.ToSlash(s.Name(i)))
	}
	return out
}

func TestFlatFolder(t *testing.T) {
	dir := t.TempDir()
	for _, n := range []string{"b.PNG", "a.jpg", "c.tIf", "d.webp", "e.txt", ".hidden.png", "noext"} {
		write(t, filepath.Join(dir, n), dot)
	}
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"a.jpg", "b.PNG", "c.tIf", "d.webp"}, names(s)); d != "" {
		t.Error(d)
	}
	if s.Label(0) != -1 || s.Classes() != nil {
		t.Errorf("a flat folder has label %d, classes %v", s.Label(0), s.Classes())
	}
	// The format is told by content: all of these are PNG inside.
	for i := range s.Len() {
		if _, err := s.Decode(i); err != nil {
			t.Error(err)
		}
	}
}

func TestClassFolders(t *testing.T) {
	dir := t.TempDir()
	for _, n := range []string{"dog/2.png", "dog/deep/1.png", "cat/x.png", "cat/y.png", "loose.png", "empty/readme.txt", ".git/z.png"} {
		write(t, filepath.Join(dir, n), dot)
	}
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"cat/x.png", "cat/y.png", "dog/2.png", "dog/deep/1.png", "loose.png"}, names(s)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"cat", "dog"}, s.Classes()); d != "" {
		t.Error(d)
	}
	for i, want := range []int{0, 0, 1, 1, -1} {
		if s.Label(i) != want {
			t.Errorf("%s has label %d, want %d", s.Name(i), s.Label(i), want)
		}
	}
}

// Links: the root itself, a class folder, an image; and one that points back
// up, which must neither make the walk endless nor count an image twice.
func TestFolderLinks(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "far/1.png"), dot)
	write(t, filepath.Join(dir, "real/ant/2.png"), dot)
	for link, to := range map[string]string{
		"root": "real", "real/bee": "../far", "real/ant/3.png": "../../far/1.png", "real/up": "..", "real/broken": "nowhere",
	} {
		if err := os.Symlink(filepath.FromSlash(to), filepath.Join(dir, filepath.FromSlash(link))); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(filepath.Join(dir, "root"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"ant/2.png", "ant/3.png", "bee/1.png"}
	if d := cmp.Diff(want, names(s)); d != "" {
		t.Error(d)
	}
	for i := range s.Len() {
		if _, err := s.Decode(i); err != nil {
			t.Error(err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "texts/a.txt"), nil)
	if err := os.Mkdir(filepath.Join(dir, "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "one.png"), dot)
	write(t, filepath.Join(dir, "program"), []byte("\x7fELF\x00\x00"))
	write(t, filepath.Join(dir, "packed.gz"), gz([]byte("hello")))
	for path, say := range map[string]string{
		"missing":   "doesn't exist",
		"empty":     "is empty: put images (.png .jpg",
		"texts":     "holds no image, only 1 .txt: names must end in one of .png",
		"one.png":   "is a single image",
		"program":   "neither an idx file nor a text file",
		"packed.gz": "no idx file: it starts with",
	} {
		full := filepath.Join(dir, path)
		if _, err := Open(full); err == nil || !strings.Contains(err.Error(), say) || !strings.Contains(err.Error(), full) {
			t.Errorf("%s: want %q and the path, got %v", path, say, err)
		}
	}
}

func TestList(t *testing.T) {
	dir := t.TempDir()
	abs := write(t, filepath.Join(dir, "far", "z.png"), dot)
	write(t, filepath.Join(dir, "lists", "sub", "a b.png"), dot)
	path := write(t, filepath.Join(dir, "lists", "all.txt"),
		[]byte("\ufeff# images\r\n\r\n  sub/a b.png \r\n"+abs+"\n../far/z.png\nsub/missing.jpeg"))
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"sub/a b.png", filepath.ToSlash(abs), "../far/z.png", "sub/missing.jpeg"}, names(s)); d != "" {
		t.Error(d)
	}
	for i := range 3 {
		if _, err := s.Decode(i); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Decode(3); err == nil || !strings.Contains(err.Error(), "missing.jpeg") {
		t.Errorf("a missing image gave %v", err)
	}
	if s.Label(0) != -1 || s.Classes() != nil {
		t.Error("a list has labels")
	}
	for text, say := range map[string]string{
		"":                                "names no image",
		"# nothing\n\n":                   "names no image",
		"\nlost.png\n":                    "line 2: no image at",
		"sub/a b.png\npath,label\n":       `line 2: "path,label" is not the path of an image`,
		strings.Repeat("x", 70000) + "\n": "cannot be read as a list",
	} {
		bad := write(t, filepath.Join(dir, "lists", "bad.txt"), []byte(text))
		if _, err := Open(bad); err == nil || !strings.Contains(err.Error(), say) || !strings.Contains(err.Error(), bad) {
			t.Errorf("want %q and the path, got %v", say, err)
		}
	}
}

// The golden photograph (testdata/golden/make.py), through the folder source.
func TestDecodePhoto(t *testing.T) {
	im, err := decodeFile("../testdata/golden/photo.png", decode.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := openGolden(t).image("photo")
	if im.W != want.W || im.H != want.H {
		t.Fatalf("%d x %d", im.W, im.H)
	}
	within(t, "photo", im.Pix, want.Pix, 0)
}

// manyFiles makes classes x each empty files named as ImageNet's are.
func manyFiles(t testing.TB, classes, each int) string {
	dir := t.TempDir()
	for c := range classes {
		sub := filepath.Join(dir, fmt.Sprintf("n%08d", c))
		if err := os.Mkdir(sub, 0o755); err != nil {
			t.Fatal(err)
		}
		for i := range each {
			f, err := os.Create(filepath.Join(sub, fmt.Sprintf("n%08d_%05d.JPEG", c, i)))
			if err != nil {
				t.Fatal(err)
			}
			f.Close()
		}
	}
	return dir
}

// heap is the memory in use after what is not has been given back.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// listed opens a folder and gives the bytes kept for each file beside its
// path's own letters.
func listed(t testing.TB, dir string) (Source, float64) {
	before := heap()
	s, err := OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	letters := len(dir) + 1 + len(s.Name(0))
	return s, (float64(heap())-float64(before))/float64(s.Len()) - float64(letters)
}

// A folder of 20,000 files is listed whole, in order, with its classes, in less
// than 100 bytes per file.
func TestFolderMemory(t *testing.T) {
	s, bytes := listed(t, manyFiles(t, 20, 1000))
	t.Logf("%.1f bytes per file", bytes)
	if bytes >= 100 {
		t.Errorf("%.0f bytes per file beside the path, want less than 100", bytes)
	}
	if s.Len() != 20000 || len(s.Classes()) != 20 || s.Label(19999) != 19 || filepath.ToSlash(s.Name(19999)) != "n00000019/n00000019_00999.JPEG" {
		t.Errorf("%d files, %d classes, last %s of class %d", s.Len(), len(s.Classes()), s.Name(s.Len()-1), s.Label(s.Len()-1))
	}
	runtime.KeepAlive(s)
}

// Listing 100,000 files in 100 class folders.
func BenchmarkFolder(b *testing.B) {
	dir := manyFiles(b, 100, 1000)
	for b.Loop() {
		if _, err := OpenFolder(dir); err != nil {
			b.Fatal(err)
		}
	}
}
