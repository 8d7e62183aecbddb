package explore

import (
	"context"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
	"github.com/dinogpu/dinogpu/testdata/golden"
	"github.com/dinogpu/dinogpu/viewer"
)

// opened is the tests' adapter; none is a failure, never a skip.
var opened = sync.OnceValues(func() (*gpu.Device, error) { return gpu.Open(os.Getenv("DINOGPU_ADAPTER")) })

func device(t *testing.T) *gpu.Device {
	t.Helper()
	d, err := opened()
	if err != nil {
		t.Fatalf("the tests need a GPU or a software Vulkan driver: %v", err)
	}
	return d
}

// goldenModel is the small network of a golden file.
func goldenModel(t *testing.T, file string) *weights.Model {
	t.Helper()
	g := golden.Open(t, file)
	m := &weights.Model{
		File: file,
		ViT:  layers.ViTConfig{ImageSize: g.Int("size"), Patch: g.Int("patch"), Dim: g.Int("dim"), Depth: g.Int("depth"), Heads: g.Int("heads")},
		Mean: settings.RGB{0.485, 0.456, 0.406}, Std: settings.RGB{0.229, 0.224, 0.225},
	}
	l := &layers.Params{}
	m.ViT.AddParams(l, "")
	n := weights.Network{Role: weights.RoleTeacher}
	for _, p := range l.List {
		n.Backbone = append(n.Backbone, layers.HostTensor{Name: p.Name, Shape: p.Shape, Values: g.Float32s("weights." + p.Name)})
	}
	m.Networks = []weights.Network{n}
	return m
}

// options look at images through the small network, at 32 pixels.
func options(t *testing.T, images ...string) Options {
	t.Helper()
	d := device(t)
	return Options{
		Device: d, Target: d.Target(), Model: goldenModel(t, "vit_evals.safetensors"), Role: weights.RoleTeacher,
		Images: images, ImageSize: 32, Threshold: 0.6,
	}
}

func newExplorer(t *testing.T, o Options) *Explorer {
	t.Helper()
	e, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

func update(t *testing.T, e *Explorer) {
	t.Helper()
	if err := e.Update(context.Background()); err != nil {
		t.Fatal(err)
	}
	if e.Err() != nil {
		t.Fatal(e.Err())
	}
}

// writeImage writes an image of w x h pixels that is nowhere alike.
func writeImage(t *testing.T, path string, w, h, seed int) string {
	t.Helper()
	im := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range im.Pix {
		if im.Pix[i] = uint8(i*7 + i*i/5 + 31*seed); i%4 == 3 {
			im.Pix[i] = 255
		}
	}
	if err := viewer.WritePNG(path, im); err != nil {
		t.Fatal(err)
	}
	return path
}

func readPNG(t *testing.T, path string) image.Image {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	im, err := png.Decode(f)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return im
}

// samePixels compares two images.
func samePixels(t *testing.T, what string, got, want image.Image) {
	t.Helper()
	if got.Bounds() != want.Bounds() {
		t.Fatalf("%s: %v, want %v", what, got.Bounds(), want.Bounds())
	}
	b := got.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			r, g, bl, _ := got.At(x, y).RGBA()
			wr, wg, wb, _ := want.At(x, y).RGBA()
			if r != wr || g != wg || bl != wb {
				t.Fatalf("%s: pixel %d,%d is %v, want %v", what, x, y, got.At(x, y), want.At(x, y))
			}
		}
	}
}

// files lists a folder's files, those of sub-folders by their path in it.
func files(t *testing.T, dir string) string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			path, err = filepath.Rel(dir, path)
			all = append(all, filepath.ToSlash(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, " ")
}

func plainImage(w, h int) *augment.Image {
	im := augment.NewImage(w, h)
	for i := range im.Pix {
		im.Pix[i] = uint8(i * 13)
	}
	return im
}

func writeText(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// settle brings a page up to date that may have nothing to show.
func settle(t *testing.T, e *Explorer) {
	t.Helper()
	if err := e.Update(context.Background()); err != nil {
		t.Fatal(err)
	}
	e.Compose(wide, high, 1)
}
