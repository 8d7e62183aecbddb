package sample

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/dinogpu/dinogpu/augment/decode"
	"github.com/dinogpu/dinogpu/dino/disk"
)

// drawn is all that seed 0 gives.
var drawn = sync.OnceValue(func() (all []file) {
	err := files(0, func(f file) error { all = append(all, f); return nil })
	if err != nil {
		panic(err)
	}
	return all
})

// sum is a checksum of pixels and text: of what is drawn, not of what an encoder makes of it.
func sum(all []file) string {
	h := sha256.New()
	for _, f := range all {
		fmt.Fprintln(h, f.name, f.quality, len(f.text))
		h.Write(f.text)
		if f.image == nil {
			continue
		}
		size := f.image.Bounds()
		fmt.Fprintln(h, size.Dx(), size.Dy())
		for y := size.Min.Y; y < size.Max.Y; y++ {
			switch im := f.image.(type) {
			case *image.RGBA:
				h.Write(im.Pix[im.PixOffset(size.Min.X, y):][:4*size.Dx()])
			case *image.Paletted:
				h.Write(im.Pix[im.PixOffset(size.Min.X, y):][:size.Dx()])
			}
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8])
}

// A seed gives the same pixels on every machine and with every release. Whoever changes a drawing on purpose puts the new
// sum here.
func TestSeedGivesTheSamePixels(t *testing.T) {
	if got, want := sum(drawn()), "08b569f575c53c6b"; got != want {
		t.Errorf("seed 0 gives %s, want %s", got, want)
	}
	var other []file
	stop := errors.New("enough")
	if err := files(1, func(f file) error {
		if other = append(other, f); len(other) == 5 {
			return stop
		}
		return nil
	}); !errors.Is(err, stop) {
		t.Fatal(err)
	}
	if sum(other) == sum(drawn()[:5]) {
		t.Error("seed 1 gives what seed 0 gives")
	}
}

func TestWrite(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new")
	w, err := Write(context.Background(), folder, 0)
	if err != nil {
		t.Fatal(err)
	}
	if w.Bytes > 3<<20 || w.Files != len(drawn()) {
		t.Errorf("wrote %+v; want %d files of at most 3 MiB", w, len(drawn()))
	}
	var images int
	for _, f := range drawn() {
		got, err := os.ReadFile(filepath.Join(folder, f.name))
		if err != nil {
			t.Fatal(err)
		}
		var again bytes.Buffer
		if err := f.encode(&again); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, again.Bytes()) {
			t.Errorf("%s is not the same twice", f.name)
		}
		if f.image == nil {
			continue
		}
		images++
		im, err := decode.Decode(bytes.NewReader(got), decode.Options{})
		if err != nil {
			t.Errorf("%s: %v", f.name, err)
			continue
		}
		if width, height := im.Size(); f.image.Bounds().Size() != image.Pt(width, height) {
			t.Errorf("%s is read as %d x %d, drawn as %v", f.name, width, height, f.image.Bounds().Size())
		}
		im.Release()
	}
	if w.Images != images {
		t.Errorf("%d images told of, %d there", w.Images, images)
	}
	if _, err := Write(context.Background(), folder, 0); !errors.Is(err, disk.ErrNotEmpty) {
		t.Errorf("a folder that holds something: %v", err)
	}
}

// What does not come to its end leaves nothing.
func TestWriteStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	above := t.TempDir()
	if _, err := Write(ctx, filepath.Join(above, "new"), 0); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if left, err := os.ReadDir(above); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}
