package layers

import (
	"math"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// A Window goes over a grid of H x W patches block by block, and knows which part of the grid a block looks at: the
// neighborhoods of its patches, the squares of patches at most radius rows and columns away. Blocks and windows are of one
// size each; at the edges they move inward, so that blocks may overlap.
type Window struct{ ref.Window }

// NewWindow makes one of blocks of side x side patches, where the grid is not smaller.
func NewWindow(H, W, radius, side int) Window {
	w := ref.Window{H: H, W: W, Radius: radius, BlockH: min(H, side), BlockW: min(W, side)}
	w.WindowH, w.WindowW = min(H, w.BlockH+2*radius), min(W, w.BlockW+2*radius)
	w.Stride = ceil(w.Patches()*w.Area(), gpu.Align) * gpu.Align
	return Window{w}
}

// Places are the blocks that cover the grid, each as the kernels read it: row and column of the block's first patch, row
// and column of the window's.
func (w Window) Places() [][]uint32 {
	var places [][]uint32
	for r := 0; r < w.H; r += w.BlockH {
		for c := 0; c < w.W; c += w.BlockW {
			row, column := min(r, w.H-w.BlockH), min(c, w.W-w.BlockW)
			top := min(max(row-w.Radius, 0), w.H-w.WindowH)
			left := min(max(column-w.Radius, 0), w.W-w.WindowW)
			places = append(places, []uint32{uint32(row), uint32(column), uint32(top), uint32(left)})
		}
	}
	return places
}

// Block records the block's tokens (patches, D) of a grid's (H*W, D). place (4) is one of Places, as uint32.
func (w Window) Block(p *gpu.Program, tokens, place gpu.Tensor) gpu.Tensor {
	return w.rows(p, "block", tokens, place, 0, w.BlockH, w.BlockW)
}

// Around records the tokens (area, D) of a grid that the block looks at.
func (w Window) Around(p *gpu.Program, tokens, place gpu.Tensor) gpu.Tensor {
	return w.rows(p, "window", tokens, place, 2, w.WindowH, w.WindowW)
}

// rows records the h x w tokens whose first one's row and column stand in place from `at` on.
func (w Window) rows(p *gpu.Program, name string, tokens, place gpu.Tensor, at, height, width int) gpu.Tensor {
	defer p.Section("window")()
	D := tokens.Cols()
	if D%4 != 0 || tokens.Rows() != w.H*w.W {
		p.Fail("window: %s %v are no tokens of %d x %d patches with columns in fours", tokens.Name, tokens.Shape, w.H, w.W)
		return tokens
	}
	out := p.Scratch(tokens.Name+"."+name, height*width, D)
	p.Dispatch(newKernel("window_rows", args{"D": D, "Window": at == 2}, gpu.Kernel{
		Params: []uint32{uint32(w.W), uint32(height), uint32(width), 0}, Groups: spread(ceil(out.Len()/4, workgroup)),
		Twin: func(a [][]float32) {
			place := gpu.Bits(a[1])
			ref.WindowRows(a[2], a[0], w.W, int(place[at]), int(place[at+1]), height, width, D)
		},
	}), tokens, place, out)
	return out
}

// Similarities records the products of a block's tokens (patches, D) with those around it in each context frame (area, D):
// (frames, Stride), each frame's (patches, area) at its beginning.
func (w Window) Similarities(p *gpu.Program, block gpu.Tensor, around []gpu.Tensor) gpu.Tensor {
	out := p.Scratch("similarities", len(around), w.Stride)
	for f, x := range around {
		MatMul(p, NT, block, x, out.Slice("similarities", f*w.Stride, w.Patches(), w.Area()), Epilogue{})
	}
	return out
}

// Kept says of each patch of a block which context patches its label comes from.
type Kept struct {
	Similarities  gpu.Tensor // (frames, Stride)
	Which, Counts gpu.Tensor // uint32: (patches, most) places in Similarities, and how many
	Best          gpu.Tensor // (patches)
}

// windowTrips are the loop turns of window_topk for lists of k with so many lanes.
func (w Window) windowTrips(frames, k, lanes int) int {
	return (k+3)*(w.candidates(frames, lanes)+8) + lanes
}

// candidates are the loop turns that take one of so many lanes over its candidates once.
func (w Window) candidates(frames, lanes int) int { return ceil(w.Most(1), lanes) * (frames + 1) }

// MaxTopK is the most neighbors that TopK can choose in so many context frames.
func (w Window) MaxTopK(frames int) int {
	const lanes = 256
	return (maxTrips-lanes)/(w.candidates(frames, lanes)+8) - 3
}

// maxTrips leaves a little of the loop turns that an invocation may take.
const maxTrips = 28000

// TopK records which context patches are as similar as the k-th or more, in all frames together; ties at the k-th all
// stay, and all where there are fewer.
func (w Window) TopK(p *gpu.Program, similarities, place gpu.Tensor, k int) Kept {
	defer p.Section("topk")()
	frames, T := similarities.Rows(), w.Patches()
	kept := Kept{
		similarities, p.Scratch("kept", T, w.Most(frames)), p.Scratch("kept.counts", T), p.Scratch("kept.best", T),
	}
	if k < 1 || k > w.MaxTopK(frames) || similarities.Cols() != w.Stride {
		p.Fail("window: the %d most similar in %d frames cannot be chosen, %d at most", k, frames, w.MaxTopK(frames))
		return kept
	}
	lanes := workgroup
	for w.windowTrips(frames, k, lanes) > maxTrips {
		lanes *= 2
	}
	p.Dispatch(newKernel("window_topk", args{"BEST": k, "LANES": lanes}, gpu.Kernel{
		Params: w.params(frames, 0, 0), Groups: spread(T), Trips: w.windowTrips(frames, k, lanes),
		Tolerance: 0, // values are only moved and compared: the bits are the same
		Twin: func(a [][]float32) {
			ref.WindowTopK(gpu.Bits(a[2]), gpu.Bits(a[3]), a[4], a[0], gpu.Bits(a[1]), w.Window, frames, k, lanes)
		},
	}), similarities, place, kept.Which, kept.Counts, kept.Best)
	return kept
}

// Labels records the block's part of out (H*W, C): the mean of the kept context patches' labels, each weighted by
// exp(similarity / temperature). labels are (frames or more, H*W, C).
func (w Window) Labels(p *gpu.Program, kept Kept, labels, place, out gpu.Tensor, temperature float64) {
	defer p.Section("labels")()
	frames, C, M := kept.Similarities.Rows(), out.Cols(), kept.Which.Cols()
	if labels.Cols() != C || labels.Rows() < frames*w.H*w.W || out.Rows() != w.H*w.W {
		p.Fail("window: labels %v of %d frames do not make %v", labels.Shape, frames, out.Shape)
		return
	}
	lanes, rows := rowArgs(p, M)
	p.Dispatch(newKernel("window_labels", args{"LANES": lanes, "ROWS": rows}, gpu.Kernel{
		Params: w.params(frames, C, 1/temperature), Groups: spread(ceil(w.Patches()*C, rows)),
		Trips: ceil(M, lanes) + 8, Tolerance: approximate,
		Twin: func(a [][]float32) {
			ref.WindowLabels(a[6], a[0], gpu.Bits(a[1]), gpu.Bits(a[2]), a[3], a[4], gpu.Bits(a[5]), w.Window, frames, C, temperature)
		},
	}), kept.Similarities, kept.Which, kept.Counts, kept.Best, labels, place, out)
}

// params are the uniform of shaders/shared/window.wgsl.
func (w Window) params(frames, classes int, sharpness float64) []uint32 {
	return []uint32{
		uint32(w.Patches()), uint32(w.H), uint32(w.W), uint32(w.Radius),
		uint32(w.BlockW), uint32(w.WindowH), uint32(w.WindowW), uint32(frames),
		uint32(w.Stride), uint32(w.Most(frames)), uint32(classes), math.Float32bits(float32(sharpness)),
	}
}
