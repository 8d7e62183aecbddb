package layers

import (
	"math"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// Images are B pictures of H x W pixels, as a network takes them.
type Images struct {
	B, H, W int

	pixels    gpu.Tensor
	bytes     bool
	mean, std [3]float64
}

// PixelWords is how many 4-byte elements hold n pictures of h x w RGB bytes.
func PixelWords(n, h, w int) int { return ceil(3*n*h*w, 4) }

// ByteImages are pictures of RGB bytes (B, H, W, 3), four an element, that are normalised on the device to
// (byte / 255 - mean) / std of each channel.
func ByteImages(pixels gpu.Tensor, B, H, W int, mean, std [3]float64) Images {
	return Images{B: B, H: H, W: W, pixels: pixels, bytes: true, mean: mean, std: std}
}

// FloatImages are normalised pictures (B, 3, H, W).
func FloatImages(pixels gpu.Tensor) Images {
	return Images{B: pixels.Shape[0], H: pixels.Shape[2], W: pixels.Shape[3], pixels: pixels}
}

// patches records the patches as rows (B*P, 3 patch^2 rounded up to 4): once, for all networks of a program.
func (im Images) patches(p *gpu.Program, patch int) gpu.Tensor {
	return p.Derived(im.pixels, "patches", func() gpu.Tensor {
		P, KP := (im.H/patch)*(im.W/patch), roundUp4(3*patch*patch)
		out := p.Scratch("patches", im.B*P, KP)
		k := gpu.Kernel{
			Params: []uint32{uint32(im.B), uint32(im.H), uint32(im.W), 0}, Groups: spread(ceil(out.Len()/4, workgroup)),
			Twin: func(a [][]float32) { ref.PatchesGather(a[1], a[0], im.B, im.H, im.W, patch) },
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
				ref.PatchesGather(a[1], floats, im.B, im.H, im.W, patch)
			}
		}
		p.Dispatch(newKernel("patches_gather", args{"PATCH": patch, "Bytes": im.bytes}, k), im.pixels, out)
		return out
	})
}
