package layers

import (
	"math"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// Pixels are normalized images, those of each size as a map of three channels and an empty one: the input of a ResNet.
type Pixels []Map

// First returns the images of the first n sizes alone.
func (x Pixels) First(n int) Input { return x[:n] }

// gatherPixels records the maps of images.
func gatherPixels(p *gpu.Program, images ...Images) Pixels {
	defer p.Section("pixels")()
	var all Pixels
	for _, im := range images {
		m := newMap(p, "pixels", im.B, im.H, im.W, 4)
		im.gatherPixels(p, m.Tensor)
		all = append(all, m)
	}
	return all
}

// gatherPixels records the pixels of one size into out (B*H*W, 4).
func (im Images) gatherPixels(p *gpu.Program, out gpu.Tensor) {
	k := gpu.Kernel{
		Params: []uint32{uint32(im.B), uint32(im.H * im.W)}, Groups: spread(ceil(im.B*im.H*im.W, workgroup)),
		Twin: func(a [][]float32) { ref.PixelsGather(a[1], a[0], im.H*im.W) },
	}
	if im.bytes {
		k.Params = append(k.Params, 0, 0) // the vec4s stand at multiples of 16 bytes
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
			ref.PixelsGather(a[1], floats, im.H*im.W)
		}
	}
	p.Dispatch(newKernel("pixels_gather", args{"Bytes": im.bytes}, k), im.pixels, out)
}
