package augment

import (
	"image"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/dinogpu/dinogpu/augment/decode"
)

// Whatever a set is made of, each image's path is that of the file that it is read from.
func TestPaths(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	for i, name := range []string{"set/a/0.png", "set/b/1.png", "lone.png", "other/2.png"} {
		if err := os.MkdirAll(filepath.Dir(at(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at(name), pngOf(image.NewGray(image.Rect(0, 0, 1+i, 2))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, data := range map[string]string{"list.txt": "other/2.png\n" + at("lone.png") + "\n", "x-idx3-ubyte": "\x00\x00\x08\x03\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\x07"} {
		if err := os.WriteFile(at(name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	src, err := OpenImages(at("lone.png"), at("set"), at("list.txt"), at("x-idx3-ubyte"))
	if err != nil {
		t.Fatal(err)
	}
	paths := func(src Source) (all []string) {
		for i := range src.Len() {
			all = append(all, Path(src, i))
		}
		return all
	}
	want := []string{at("lone.png"), at("set/a/0.png"), at("set/b/1.png"), at("other/2.png"), at("lone.png"), ""}
	for name, c := range map[string]struct {
		src  Source
		want []string
	}{
		"joined":     {src, want},
		"with range": {WithRange(src, 0, 255), want},
		"a part":     {Slice(src, 1, 3), want[1:3]},
		"picked":     {Pick(src, []int{3, 5, 0}), []string{want[3], "", want[0]}},
	} {
		if got := paths(c.src); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// A picked image is the one that was meant, however it is decoded, with its name and label.
func TestPick(t *testing.T) {
	dir := t.TempDir()
	for i, class := range []string{"a", "b", "c"} {
		if err := os.Mkdir(filepath.Join(dir, class), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, class, "x.png"), pngOf(image.NewGray(image.Rect(0, 0, 1+i, 2))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	src, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	p := Pick(src, []int{2, 0, 2})
	if p.Len() != 3 || len(p.Classes()) != 3 {
		t.Fatalf("%d images, classes %q", p.Len(), p.Classes())
	}
	for i, of := range []int{2, 0, 2} {
		for _, decoded := range []func() (*Image, error){
			func() (*Image, error) { return p.Decode(i) },
			func() (*Image, error) { return decodeAs(p, i, decode.Options{}) },
		} {
			im, err := decoded()
			if err != nil || im.W != 1+of || p.Name(i) != src.Name(of) || p.Label(i) != of {
				t.Errorf("image %d is %v, %q of class %d: %v", i, im, p.Name(i), p.Label(i), err)
			}
		}
	}
}
