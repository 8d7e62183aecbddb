package explore

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"path/filepath"
	"testing"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/layers"
	"github.com/dinogpu/dinogpu/testdata/golden"
	"github.com/dinogpu/dinogpu/viewer"
)

// given is an explorer that saw these maps (heads, gridH, gridW) in an image.
func given(t *testing.T, maps [][]float32, gridH, gridW, patch int) *Explorer {
	t.Helper()
	im := plainImage(gridW*patch, gridH*patch)
	e := newExplorer(t, options(t, golden.Path(t, "photo.png")))
	e.net.model.ViT.Patch, e.net.model.ViT.Heads = patch, len(maps)
	e.image, e.shown, e.from, e.have = im, viewer.ToRGBA(im), 0, e.want()
	e.now, e.maps = &seen{gridH: gridH, gridW: gridW, maps: maps}, maps
	return e
}

func saved(t *testing.T, e *Explorer) string {
	t.Helper()
	dir := t.TempDir()
	if err := e.save(place{dir: dir}, nil); err != nil {
		t.Fatal(err)
	}
	return dir
}

func cut(values []float32, n int) [][]float32 {
	var all [][]float32
	for at := 0; at < len(values); at += n {
		all = append(all, values[at:at+n])
	}
	return all
}

func pixel(im image.Image, x, y int) color.RGBA {
	return color.RGBAModel.Convert(im.At(x, y)).(color.RGBA)
}

// The maps of the golden file, in the PNG files: head 0 in viridis and the mean in inferno as matplotlib writes them, and
// all masks.
func TestGoldenMapsInFiles(t *testing.T) {
	g := golden.Open(t, "attention.safetensors")
	shape, patch := g.Shape("maps"), g.Int("patch")
	heads, rows, cols := shape[1], shape[2], shape[3]
	maps := cut(g.Float32s("maps"), rows*cols)[:heads]
	e := given(t, maps, rows, cols, patch)
	dir := saved(t, e)
	for name, file := range map[string]string{"viridis": "attn-head0.png", "inferno": "attn-mean.png"} {
		im, want := readPNG(t, filepath.Join(dir, file)), g.Bytes("picture."+name)
		for i := range rows * patch * cols * patch {
			x, y := i%(cols*patch), i/(cols*patch)
			if got := pixel(im, x, y); got.R != want[3*i] || got.G != want[3*i+1] || got.B != want[3*i+2] {
				t.Fatalf("%s: pixel %d,%d is %v, want %v", file, x, y, got, want[3*i:3*i+3])
			}
		}
	}
	kept := g.Bytes("t0.6.image0.upsampled")
	shown := readPNG(t, filepath.Join(dir, "img.png"))
	checkMasks(t, dir, 0.6, heads, shown, func(h, x, y int) bool { return kept[(h*rows*patch+y)*cols*patch+x] == 1 })
	e.setThreshold(0.8)
	more := g.Bytes("t0.8.image0.kept")
	checkMasks(t, saved(t, e), 0.8, heads, shown, func(h, x, y int) bool { return more[(h*rows+y/patch)*cols+x/patch] == 1 })
}

// checkMasks looks at every pixel of the masks' files: red at half strength where it is kept, pure at the edge.
func checkMasks(t *testing.T, dir string, share float64, heads int, shown image.Image, kept func(h, x, y int) bool) {
	t.Helper()
	size := shown.Bounds().Max
	for h := range heads {
		im := readPNG(t, filepath.Join(dir, fmt.Sprintf("mask_th%g_head%d.png", share, h)))
		in := func(x, y int) bool { return x >= 0 && y >= 0 && x < size.X && y < size.Y && kept(h, x, y) }
		for y := range size.Y {
			for x := range size.X {
				want := pixel(shown, x, y)
				switch {
				case in(x, y) && in(x-1, y) && in(x+1, y) && in(x, y-1) && in(x, y+1):
					want = color.RGBA{uint8((int(want.R) + 255) / 2), want.G / 2, want.B / 2, 255}
				case in(x, y):
					want = color.RGBA{255, 0, 0, 255}
				}
				if got := pixel(im, x, y); got != want {
					t.Fatalf("mask of %g, head %d: pixel %d,%d is %v, want %v", share, h, x, y, got, want)
				}
			}
		}
	}
}

// From normalized inputs of six sizes through the network to the colors of the files. A map that is off by 1e-5 may cross
// into the next color of 256.
func TestGoldenNetworkInFiles(t *testing.T) {
	for _, x := range []struct {
		weights, file, input, maps string
		h, w                       int
	}{
		{"vit_evals", "attention", "vit.input", "vit.maps", 101, 75},
		{"vit", "vit", "32x32.input", "32x32.attention", 32, 32},
		{"vit", "vit", "8x8.input", "8x8.attention", 8, 8},
		{"vit", "vit", "16x16.input", "16x16.attention", 16, 16},
		{"vit", "vit", "40x24.input", "40x24.attention", 40, 24},
		{"vit", "vit", "65x35.input", "65x35.attention", 65, 35},
		{"vit", "vit", "96x96.input", "96x96.attention", 96, 96},
	} {
		t.Run(x.input, func(t *testing.T) {
			g := golden.Open(t, x.file+".safetensors")
			m := goldenModel(t, x.weights+".safetensors")
			d := device(t)
			arena, err := m.Upload(d, "teacher")
			if err != nil {
				t.Fatal(err)
			}
			defer arena.Release()
			b, err := dino.NewBackbone(d, d.Target(), dino.BackboneConfig{
				ViT: m.ViT, Height: x.h, Width: x.w, Batch: 1, Attention: []int{m.ViT.Depth - 1}, Keep: true, Normalized: true,
			}, arena)
			if err != nil {
				t.Fatal(err)
			}
			defer b.Release()
			out, err := b.RunNormalized(context.Background(), [][]float32{g.Float32s(x.input)[:3*x.h*x.w]})
			if err != nil {
				t.Fatal(err)
			}
			gridH, gridW := b.Config.Grid()
			maps := (&network{model: m}).maps(out)
			dir := saved(t, given(t, maps, gridH, gridW, m.ViT.Patch))
			for h, want := range goldenMaps(g, x.maps, m.ViT, gridH*gridW) {
				im := readPNG(t, filepath.Join(dir, fmt.Sprintf("attn-head%d.png", h)))
				rows, _ := viewer.Rows(want)
				for y := range gridH * m.ViT.Patch {
					for px := range gridW * m.ViT.Patch {
						row := int(rows[y/m.ViT.Patch*gridW+px/m.ViT.Patch])
						if !near(pixel(im, px, y), row) {
							t.Fatalf("head %d: pixel %d,%d is %v, not row %d of viridis", h, px, y, pixel(im, px, y), row)
						}
					}
				}
			}
		})
	}
}

// goldenMaps are the class token's maps of the file's first image: (head, patch), or taken out of (image, head, token, token).
func goldenMaps(g *golden.File, name string, v layers.ViTConfig, n int) [][]float32 {
	all := g.Float32s(name)
	if len(all) == v.Heads*n {
		return cut(all, n)
	}
	var maps [][]float32
	for h := range v.Heads {
		at := h*(n+1)*(n+1) + 1
		maps = append(maps, all[at:at+n])
	}
	return maps
}

// near tells whether a color is that of the row, or of one beside it.
func near(c color.RGBA, row int) bool {
	p := viewer.Viridis.Palette()
	for r := max(0, row-1); r <= min(255, row+1); r++ {
		if p[r] == color.Color(c) {
			return true
		}
	}
	return false
}

// Patch features as the golden file has them: the similarity to one patch and the components, as the page draws them.
func TestGoldenPatchesOnThePage(t *testing.T) {
	g := golden.Open(t, "patches.safetensors")
	dim, tokens := g.Shape("tokens")[1], g.Float32s("tokens")
	const gridH, gridW, patch = 6, 8, 8
	maps := cut(make([]float32, 3*gridH*gridW), gridH*gridW)
	e := given(t, maps, gridH, gridW, patch)
	e.now.features, e.now.dim, e.token, e.mode = tokens, dim, 1+19, cosine
	for i, want := range g.Float64s("cosine.to_patch_19") {
		if got := float64(e.cosines()[i]); got < want-1e-4 || got > want+1e-4 {
			t.Errorf("patch %d: the similarity is %g, want %g", i, got, want)
		}
	}
	e.o.PCA, e.pictures = true, &pictures{parts: []part{file("one")}, n: 1}
	e.net.model.ViT.Dim = dim
	e.seen[seenKey{0, e.block, 0}] = e.now
	if err := e.fitBasis(context.Background()); err != nil {
		t.Fatal(err)
	}
	colors, share := e.principalColors()
	unit := g.Float64s("pca.unit")
	for i, c := range colors {
		for k, got := range []uint8{c.R, c.G, c.B} {
			if want := 255 * unit[3*i+k]; float64(got) < want-0.6 || float64(got) > want+0.6 {
				t.Errorf("patch %d, component %d: %d, want %.1f", i, k, got, want)
			}
		}
	}
	var want float64
	for _, s := range g.Float64s("pca.variance_share") {
		want += s
	}
	if share < want-1e-4 || share > want+1e-4 {
		t.Errorf("the components hold %g of the variance, want %g", share, want)
	}
	im := readPNG(t, filepath.Join(saved(t, e), "pca.png"))
	for i, want := range colors {
		for _, at := range []image.Point{{i % gridW * patch, i / gridW * patch}, {i%gridW*patch + patch - 1, i/gridW*patch + patch - 1}} {
			if got := pixel(im, at.X, at.Y); got != want {
				t.Errorf("pca.png, pixel %v is %v, want %v", at, got, want)
			}
		}
	}
}

// Bytes of a file reach the network as they are where nothing is to be resized.
func TestFileToNetwork(t *testing.T) {
	path := writeImage(t, filepath.Join(t.TempDir(), "a.png"), 45, 32, 1)
	e := newExplorer(t, options(t, path))
	update(t, e)
	im, err := augment.ReadUpright(path)
	if err != nil {
		t.Fatal(err)
	}
	c := e.net.config(size{45, 32, 4})
	b, err := dino.NewBackbone(e.o.Device, e.o.Target, c, e.net.arena)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Release()
	out, err := b.Run(context.Background(), [][]uint8{im.Pix}) // which cuts the border off by itself
	if err != nil {
		t.Fatal(err)
	}
	if e.now.gridH != 4 || e.now.gridW != 5 || e.image.W != 40 || e.image.H != 32 {
		t.Fatalf("%d x %d patches of an image of %d x %d", e.now.gridW, e.now.gridH, e.image.W, e.image.H)
	}
	for h, m := range e.maps {
		for i, v := range m {
			if v != out.Map(0, 0, 0, h)[i] {
				t.Fatalf("head %d, patch %d: %g, want %g", h, i, v, out.Map(0, 0, 0, h)[i])
			}
		}
	}
}
