package layers

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// A gathering records products whose operand A is read pixel by pixel out of a map x, by the kernels of the matmul family
// that are made for it: tiles on GPUs, texels in software. B has whole vec4s in a row.
type gathering struct {
	p          *gpu.Program
	x, b       gpu.Tensor
	bias       gpu.Tensor
	accumulate bool
	pass       string // MatmulInfo.Convolution
}

// variant is the matmul's for a product of this shape, or the default tile where that has no kernel here.
func (g gathering) variant(m MatmulShape) variant {
	v := m.variant(g.p)
	if v.member == gpu.Register || v.member == gpu.Tile && !gathers(v) {
		v, _ = variantNamed(defaults[gpu.Tile][1])
	}
	for _, t := range []gpu.Tensor{g.x, g.b} {
		if v.member == gpu.Texel && gpu.FoldOf(t).Flat {
			g.p.Fail("convolution: %s %v has too many channels for a row of a texture", t.Name, t.Shape)
		}
	}
	return v
}

// gathers tells whether the kernels have a tile: each invocation loads at most one vec4 of either operand in a step, or turns
// over four of A.
func gathers(v variant) bool {
	threads := v.tileM / v.rows * (v.tileN / v.cols)
	return v.tileM/4*(v.depth/4) <= threads && max(v.tileM, v.tileN)/4*v.depth <= threads
}

// products records c = [c +] A B, the parts of A giving rows of c that are different and, together, all of them.
func (g gathering) products(c gpu.Tensor, parts []ref.Gather, flops int) {
	whole, rows, work := g.shape(parts[0], c), 0, 0 // whole: the largest part, then all rows at its depth
	for _, a := range parts {
		m := g.shape(a, c)
		if m.K*m.M > whole.K*whole.M {
			whole = m
		}
		rows += m.M
		work += m.M * m.K
	}
	v := g.variant(whole)
	whole.M = rows
	splits := whole.split(v)
	out, l := c, layout{splits, c.Cols(), rows * c.Cols(), false}
	if splits > 1 {
		l.N = roundUp4(c.Cols())
		l.each = rows * l.N
		out = g.p.Scratch(c.Name+".partials", splits, rows, l.N)
	}
	for _, a := range parts {
		if a.Depths() == 0 && g.accumulate && splits == 1 {
			continue // adds nothing
		}
		g.product(out, g.shape(a, c), v, l, a, int(float64(flops)*float64(a.Rows()*a.Depths())/float64(work)))
	}
	if splits > 1 {
		reducePartials(g.p, out.Reshape(splits, rows*l.N), c, gpu.Tensor{}, splits, g.accumulate)
	}
}

// shape is that of the product with a part of A.
func (g gathering) shape(a ref.Gather, c gpu.Tensor) MatmulShape {
	return MatmulShape{Form: NN, M: a.Rows(), N: c.Cols(), K: a.Depths(), Fused: !g.bias.IsZero()}
}

// product records the rows of c that one part of A gives.
func (g gathering) product(c gpu.Tensor, m MatmulShape, v variant, l layout, a ref.Gather, flops int) {
	step := max(v.depth/4, 1) // vec4s of depth per loop turn
	perSplit := ceil(ceil(a.Depths(), 4), l.splits*step) * step
	rows, cols, lanes := v.tileM, v.tileN, 1
	if v.member == gpu.Texel {
		rows, cols, lanes = v.rows, v.cols, v.lanes
	}
	across := ceil(l.N, cols)
	groups := spread(ceil(ceil(a.Rows(), rows)*across, lanes))
	groups[2] = l.splits
	twin := func(h [][]float32) ref.GatherProduct {
		t := ref.GatherProduct{Gather: a, N: l.N, BStride: g.b.Cols(), PerSplit: 4 * perSplit, Accumulate: g.accumulate && l.splits == 1}
		if len(h) > 3 {
			t.Bias = h[3]
		}
		return t
	}
	bound := []gpu.Tensor{g.x, g.b, c}
	if !g.bias.IsZero() {
		bound = append(bound, g.bias)
	}
	p := gatherParams{Gather: a, N: l.N, BRow: g.b.Cols() / 4, Depth: perSplit, End: a.Depths() / 4, Across: across, Split: l.each}
	p.turn(step, a.C/4, max(a.TapsX, 1))
	var info any // none where A has no depth: zeros are no product
	if m.K > 0 {
		info = MatmulInfo{m, v.name, g.pass}
	}
	g.p.Dispatch(newKernel("convolution_"+string(v.member), g.args(v, args{
		"Dense": a.Dense(), "V4": l.N%4 == 0, "Bias": !g.bias.IsZero(), "Accumulate": g.accumulate && l.splits == 1,
	}), gpu.Kernel{
		Params: p.words(g), Groups: groups, Trips: perSplit/step + ceil(perSplit, a.C/4), Flops: flops, Tolerance: exact,
		Twin:   func(h [][]float32) { twin(h).Run(h[2], h[0], h[1]) },
		Sample: func(h [][]float32) [][]int { return sampled(len(h), 2, twin(h).RunSome(h[2], h[0], h[1])) },
		Info:   info,
	}), bound...)
}

// weights records partials (splits, depths, columns of B) of A^T B.
func (g gathering) weights(a ref.Gather, flops int) gpu.Tensor {
	m := MatmulShape{Form: TN, M: a.Depths(), N: g.b.Cols(), K: a.Rows()}
	v := g.variant(m)
	splits := m.split(v)
	step, rows, cols, lanes := v.depth, v.tileM, v.tileN, 1 // step: rows per loop turn
	if v.member == gpu.Texel {
		v.rows = min(v.rows, a.C) // of one tap
		step, rows, cols, lanes = 4, v.rows, v.cols, v.lanes
	}
	perSplit := ceil(m.K, splits*step) * step
	across := ceil(m.N, cols)
	blocks := ceil(m.M, rows) * across
	if v.member == gpu.Texel {
		blocks = a.TapsY * a.TapsX * ceil(a.C, rows) * across
	}
	groups := spread(ceil(blocks, lanes))
	groups[2] = splits
	partials := g.p.Scratch("convolution.partials", splits, m.M, m.N)
	p := gatherParams{Gather: a, N: m.N, BRow: m.N / 4, Depth: perSplit, End: m.M / 4, Across: across, Split: m.M * m.N}
	p.turn(step, a.GridW, a.GridH)
	twin := ref.GatherProduct{Gather: a, N: m.N, BStride: m.N, PerSplit: perSplit}
	g.p.Dispatch(newKernel("convolution_weight_"+string(v.member), g.args(v, args{"TAIL": m.K%4 != 0}), gpu.Kernel{
		Params: p.words(g), Groups: groups, Trips: perSplit / step, Flops: flops, Tolerance: exact,
		Twin:   func(h [][]float32) { twin.RunWeights(h[2], h[0], h[1]) },
		Sample: func(h [][]float32) [][]int { return sampled(len(h), 2, twin.RunWeightsSome(h[2], h[0], h[1])) },
		Info:   MatmulInfo{m, v.name, g.pass},
	}), g.x, g.b, partials)
	return partials
}

// sampled is what a kernel's Sample returns where it wrote some of one tensor alone.
func sampled(tensors, of int, some []int) [][]int {
	all := make([][]int, tensors)
	all[of] = some
	return all
}

// args are a variant's arguments, with more.
func (g gathering) args(v variant, more args) args {
	a := args{"Variant": v.name, "ROWS": v.rows, "COLS": v.cols}
	if v.member == gpu.Texel {
		a["LANES"] = v.lanes
	} else {
		a["TILE_M"], a["TILE_N"], a["DEPTH"] = v.tileM, v.tileN, v.depth
	}
	for k, x := range more {
		a[k] = x
	}
	return a
}

// gatherParams are the uniform of shaders/shared/convolution.wgsl.
type gatherParams struct {
	ref.Gather
	N, BRow             int
	Depth, End          int
	Across, Split       int
	Turn0, Turn1, Turn2 int
}

// turn sets the odometer: how far a step moves its three wheels, the first two of which have that many places.
func (p *gatherParams) turn(step, places0, places1 int) {
	p.Turn0, p.Turn1, p.Turn2 = step%places0, step/places0%places1, step/places0/places1
}

func (p gatherParams) words(g gathering) []uint32 {
	var words []uint32
	for _, v := range []int{
		p.Rows(), p.GridH, p.GridW, p.H, p.W, p.C / 4, p.Stride, p.Step, p.Top, p.Left, max(p.TapsX, 1),
		p.N, p.First, p.BRow, p.Depth, p.End, p.Across, p.Split, p.Turn0, p.Turn1, p.Turn2,
		gpu.FoldOf(g.x).Shift, gpu.FoldOf(g.b).Shift, p.OutH, p.OutW, p.OutStride, p.OutTop, p.OutLeft,
	} {
		words = append(words, uint32(int32(v)))
	}
	return words
}
