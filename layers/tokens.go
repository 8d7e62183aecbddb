package layers

import (
	"math"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// PixelWords is how many 4-byte elements hold n pictures of h x w RGB bytes.
func PixelWords(n, h, w int) int { return ceil(3*n*h*w, 4) }

// PixelsNormalize records (byte / 255 - mean) / std of each channel: bytes (B, H, W, 3), four an element, to
// (B, 3, H, W).
func PixelsNormalize(p *gpu.Program, bytes gpu.Tensor, B, H, W int, mean, std [3]float64) gpu.Tensor {
	defer p.Part(p.Part("tokens"))
	out := p.Scratch("images", B, 3, H, W)
	params := []uint32{uint32(B), uint32(H), uint32(W), 0}
	for _, triple := range [][3]float64{mean, std} {
		for _, v := range triple {
			params = append(params, math.Float32bits(float32(v)))
		}
		params = append(params, 0)
	}
	p.Dispatch(newKernel("pixels_normalize", nil, gpu.Kernel{
		Params: params, Groups: spread(ceil(out.Len(), workgroup)), Tolerance: approximate,
		Twin: func(a [][]float32) { ref.PixelsNormalize(a[1], gpu.Bits(a[0]), H, W, mean, std) },
	}), bytes, out)
	return out
}

// patchesGather records the patches of images (B, 3, H, W) as rows (B*P, 3 patch^2 rounded up to 4).
func patchesGather(p *gpu.Program, images gpu.Tensor, patch int) gpu.Tensor {
	B, H, W := images.Shape[0], images.Shape[2], images.Shape[3]
	P, KP := (H/patch)*(W/patch), roundUp4(3*patch*patch)
	out := p.Scratch("patches", B*P, KP)
	p.Dispatch(newKernel("patches_gather", args{"PATCH": patch}, gpu.Kernel{
		Params: []uint32{uint32(B), uint32(H), uint32(W)}, Groups: spread(ceil(B*P*KP/4, workgroup)),
		Twin: func(a [][]float32) { ref.PatchesGather(a[1], a[0], B, H, W, patch) },
	}), images, out)
	return out
}

// tokensForward records the tokens (B*T, D) of patches (B*(T-1), D), the class token and positions (T, D).
func tokensForward(p *gpu.Program, patches, class, positions gpu.Tensor, B int) gpu.Tensor {
	T, D := positions.Rows(), positions.Cols()
	x := p.Scratch("tokens", B*T, D)
	p.Dispatch(newKernel("tokens_forward", args{"D": D}, gpu.Kernel{
		Params: []uint32{uint32(B), uint32(T)}, Groups: spread(ceil(B*T*D/4, workgroup)), Tolerance: exact,
		Twin: func(a [][]float32) { ref.TokensForward(a[3], a[0], a[1], a[2], D) },
	}), patches, class, positions, x)
	return x
}

// tokensBackward records the patches' rows (B*(T-1), D) of dx (B*T, D).
func tokensBackward(p *gpu.Program, dx gpu.Tensor, B int) gpu.Tensor {
	T, D := dx.Rows()/B, dx.Cols()
	out := p.Scratch("dpatches", B*(T-1), D)
	p.Dispatch(newKernel("tokens_backward", args{"D": D}, gpu.Kernel{
		Params: []uint32{uint32(B), uint32(T)}, Groups: spread(ceil(out.Len()/4, workgroup)),
		Twin: func(a [][]float32) { ref.TokensBackward(a[1], a[0], T, D) },
	}), dx, out)
	return out
}

// tokensBackwardPosition records dpositions (T, D) = [dpositions +] the sum over pictures of dx (B*T, D), and
// dclass += that of its first rows.
func tokensBackwardPosition(p *gpu.Program, dx, dpositions, dclass gpu.Tensor, B int, accumulate bool) {
	T, D := dx.Rows()/B, dx.Cols()
	p.Dispatch(newKernel("tokens_backward_position", args{"D": D, "Accumulate": accumulate}, gpu.Kernel{
		Params: []uint32{uint32(B), uint32(T)}, Groups: spread(ceil(T*D/4, workgroup)), Trips: B, Tolerance: exact,
		Twin: func(a [][]float32) { ref.TokensBackwardPosition(a[1], a[2], a[0], accumulate) },
	}), dx, dpositions, dclass)
}
