package layers

import (
	"math"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// Images are B images of H x W pixels, as a network takes them.
type Images struct {
	B, H, W int

	pixels    gpu.Tensor
	bytes     bool
	mean, std [3]float64
}

// PixelWords is the number of 4-byte elements that hold n images of h x w RGB bytes.
func PixelWords(n, h, w int) int { return ceil(3*n*h*w, 4) }

// ByteImages are images of RGB bytes (B, H, W, 3), four per element, that the device normalizes to
// (byte / 255 - mean) / std of each channel.
func ByteImages(pixels gpu.Tensor, B, H, W int, mean, std [3]float64) Images {
	return Images{B: B, H: H, W: W, pixels: pixels, bytes: true, mean: mean, std: std}
}

// FloatImages are normalized images (B, 3, H, W).
func FloatImages(pixels gpu.Tensor) Images {
	return Images{B: pixels.Shape[0], H: pixels.Shape[2], W: pixels.Shape[3], pixels: pixels}
}

// Patches are the patches of images of one or several sizes, one per row: the input of a network. Teacher and student
// share them.
type Patches struct {
	rows  gpu.Tensor // (all patches, 3 patch^2 rounded up to 4)
	grids []grid
}

// A grid is B images of h x w patches, whose first patch is in row `first`.
type grid struct {
	B, h, w, first int
	square         bool // the images, in pixels
}

func (g grid) patches() int { return g.B * g.h * g.w }

// GatherPatches records the patches of images, those of each size behind those before. H and W need not be
// multiples of the patch: pixels beyond the last whole patch are dropped, as by the reference's convolution.
func GatherPatches(p *gpu.Program, patch int, images ...Images) Patches {
	defer p.Section("tokens")()
	var x Patches
	rows := 0
	for _, im := range images {
		g := grid{B: im.B, h: im.H / patch, w: im.W / patch, first: rows, square: im.H == im.W}
		if g.h < 1 || g.w < 1 {
			p.Fail("images of %d x %d pixels are smaller than a patch of %d x %d", im.H, im.W, patch, patch)
			return x
		}
		x.grids = append(x.grids, g)
		rows += g.patches()
	}
	x.rows = p.Scratch("patches", rows, roundUp4(3*patch*patch))
	for i, im := range images {
		im.gather(p, patch, x.rows, x.grids[i])
	}
	return x
}

// First returns the patches of the first n sizes alone.
func (x Patches) First(n int) Input {
	last := x.grids[n-1]
	return Patches{
		rows:  x.rows.Slice(x.rows.Name, 0, last.first+last.patches(), x.rows.Cols()),
		grids: x.grids[:n],
	}
}

// spans are the tokens' rows: the patches' with a class token ahead of each image's.
func (x Patches) spans() Spans {
	var s Spans
	row := 0
	for _, g := range x.grids {
		s = append(s, Span{First: row, B: g.B, T: g.h*g.w + 1})
		row += g.B * (g.h*g.w + 1)
	}
	return s
}

// gather records the patches of one size into their rows of out.
func (im Images) gather(p *gpu.Program, patch int, out gpu.Tensor, g grid) {
	KP := out.Cols()
	own := func(out []float32) []float32 { return out[g.first*KP : (g.first+g.patches())*KP] }
	k := gpu.Kernel{
		Params: []uint32{uint32(im.B), uint32(im.H), uint32(im.W), uint32(g.first)},
		Groups: spread(ceil(g.patches()*KP/4, workgroup)),
		Twin:   func(a [][]float32) { ref.PatchesGather(own(a[1]), a[0], im.B, im.H, im.W, patch) },
	}
	if im.bytes {
		for _, triple := range [][3]float64{im.mean, im.std} {
			for _, v := range triple {
				k.Params = append(k.Params, math.Float32bits(float32(v)))
			}
			k.Params = append(k.Params, 0)
		}
		k.Tolerance = approximate // a division
		k.Twin = func(a [][]float32) {
			floats := make([]float32, 3*im.B*im.H*im.W)
			ref.PixelsNormalize(floats, gpu.Bits(a[0]), im.H, im.W, im.mean, im.std)
			ref.PatchesGather(own(a[1]), floats, im.B, im.H, im.W, patch)
		}
	}
	p.Dispatch(newKernel("patches_gather", args{"PATCH": patch, "Bytes": im.bytes}, k), im.pixels, out)
}
