package layers

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// Form says which operands of a matmul are transposed.
type Form int

// The forms that training needs: NT makes y = x W^T, NN dx = dy W, TN dW = dy^T x.
const (
	NN Form = iota // C = A B,   A (M, K), B (K, N)
	NT             // C = A B^T, A (M, K), B (N, K)
	TN             // C = A^T B, A (K, M), B (K, N)
)

func (f Form) String() string { return [...]string{"A B", "A B^T", "A^T B"}[f] }

// An Epilogue lists the operations on a matmul's result before it is stored, in this order.
type Epilogue struct {
	Bias       gpu.Tensor // (N): c += bias
	Gelu       gpu.Tensor // (M, N): keeps c here, then c = gelu(c)
	GeluSlope  gpu.Tensor // (M, N): c *= gelu'(this)
	RowScale   RowScale   // c *= the number of the row's image
	Residual   gpu.Tensor // (M, N): c += this
	Accumulate bool       // c += the old contents of C

	Sums gpu.Tensor // (M), of A^T B alone: += the sums of a's columns, a bias's gradient beside its weight's
}

func (e Epilogue) fused() bool {
	return !e.Bias.IsZero() || !e.Gelu.IsZero() || !e.GeluSlope.IsZero() || !e.RowScale.IsZero() ||
		!e.Residual.IsZero()
}

// MatMul records c = op(a) op(b) and returns c (M, N). Rows are all but the last dimension of a tensor.
// a and b may have columns beyond K (or M, N): rows padded to whole vec4s.
func MatMul(p *gpu.Program, form Form, a, b, c gpu.Tensor, e Epilogue) gpu.Tensor {
	defer p.Section("matmul")()
	m := newShape(p, form, a, b, c, e.fused())
	m.recordSplit(p, m.variant(p), a, b, c, e)
	return c
}

// recordSplit records the matmul as a whole, or as splits and their sum.
func (m MatmulShape) recordSplit(p *gpu.Program, v variant, a, b, c gpu.Tensor, e Epilogue) {
	if !e.Sums.IsZero() && !m.sums(v) {
		end := p.Section("bias")
		columnsSum(p, a, e.Sums)
		end()
		e.Sums = gpu.Tensor{}
	}
	splits := m.split(v)
	if splits == 1 {
		m.record(p, v, layout{1, m.N, m.M * m.N, false}, a, b, c, e)
		return
	}
	l := layout{splits, roundUp4(m.N), m.M * roundUp4(m.N), !e.Sums.IsZero()}
	if l.sums {
		l.each += m.M
	}
	partials := p.Scratch(c.Name+".partials", splits, l.each)
	m.record(p, v, l, a, b, partials, Epilogue{})
	reducePartials(p, partials, c, e.Sums, splits, e.Accumulate)
}

// sums tells whether a variant makes the sums of a's columns on its way: the register kernel would read too much for them.
func (m MatmulShape) sums(v variant) bool {
	return m.Form == TN && m.M%4 == 0 && v.member != gpu.Register
}

// layout is how a kernel stores its result: whole, or in splits.
type layout struct {
	splits int
	N      int  // columns, N or more
	each   int  // elements of a split
	sums   bool // behind each split
}

// A MatmulShape is the shape of a matmul: C (M, N) of depth K.
type MatmulShape struct {
	Form    Form
	M, N, K int
	Fused   bool // an epilogue other than Accumulate follows: the depth stays in one piece
}

// MatmulInfo is gpu.Kernel.Info of a matmul.
type MatmulInfo struct {
	MatmulShape
	Variant     string
	Convolution string // "forward", "input gradient" or "weight gradient" where A is read out of a map; empty: a matmul
}

func newShape(p *gpu.Program, form Form, a, b, c gpu.Tensor, fused bool) MatmulShape {
	m := MatmulShape{Form: form, M: c.Rows(), N: c.Cols(), Fused: fused}
	switch form {
	case NN:
		m.K = b.Rows()
	case NT:
		m.K = min(a.Cols(), b.Cols())
	case TN:
		m.K = a.Rows()
	}
	rows, cols := m.operands()
	for i, t := range []gpu.Tensor{a, b} {
		if t.Rows() != rows[i] || (t.Cols() != cols[i] && t.Cols() != ceil(cols[i], 4)*4) {
			p.Fail("matmul %s (%d, %d) of depth %d: %s %v does not fit", form, m.M, m.N, m.K, t.Name, t.Shape)
		}
	}
	return m
}

// operands are the rows and columns of a and b in memory.
func (m MatmulShape) operands() (rows, cols [2]int) {
	switch m.Form {
	case NN:
		return [2]int{m.M, m.K}, [2]int{m.K, m.N}
	case NT:
		return [2]int{m.M, m.N}, [2]int{m.K, m.K}
	default:
		return [2]int{m.K, m.K}, [2]int{m.M, m.N}
	}
}

// record records one matmul kernel.
func (m MatmulShape) record(p *gpu.Program, v variant, l layout, a, b, c gpu.Tensor, e Epilogue) {
	a, b = padColumns(p, a), padColumns(p, b)
	step := max(v.depth/4, 1) // vec4s of depth per loop turn
	perSplit := ceil(ceil(m.K, 4), l.splits*step) * step
	for _, t := range []gpu.Tensor{e.Bias, e.Gelu, e.GeluSlope, e.Residual} {
		if !t.IsZero() && t.Cols() != l.N {
			p.Fail("matmul %s: %s %v does not fit %s %v", m.Form, t.Name, t.Shape, c.Name, c.Shape)
		}
	}
	if !e.Sums.IsZero() && e.Sums.Len() != m.M {
		p.Fail("matmul %s: %s %v does not hold one sum for each of %d columns", m.Form, e.Sums.Name, e.Sums.Shape, m.M)
	}
	if !e.RowScale.IsZero() && !e.RowScale.fits(p, c) {
		return
	}
	_, across := m.blocks(v)
	bound := []gpu.Tensor{a, b, c}
	for _, t := range []gpu.Tensor{e.Bias, e.Gelu, e.GeluSlope, e.RowScale.Scales, e.Residual, e.Sums} {
		if !t.IsZero() {
			bound = append(bound, t)
		}
	}
	tolerance := exact
	if !e.Gelu.IsZero() || !e.GeluSlope.IsZero() {
		tolerance = approximate
	}
	kernel := newKernel("matmul_"+string(v.member), m.arguments(v, l, a, b, e), gpu.Kernel{
		Trips: perSplit / step, Tolerance: tolerance, Info: MatmulInfo{MatmulShape: m, Variant: v.name},
	})
	parts := m.parts(v, p.Target.DispatchFlops)
	for _, part := range parts {
		k := kernel
		k.Params = append([]uint32{
			uint32(m.M), uint32(l.N), uint32(m.K), uint32(a.Cols() / 4), uint32(b.Cols() / 4),
			uint32(perSplit), uint32(across), uint32(l.each),
			uint32(gpu.FoldOf(a).Shift), uint32(gpu.FoldOf(b).Shift), uint32(part.First), uint32(part.End),
		}, e.RowScale.params()...)
		k.Groups = spread(ceil(part.End-part.First, max(v.lanes, 1)))
		k.Groups[2] = l.splits // a split too many reads nothing and rightly stores zeros over its part
		k.Flops = m.flops(v, part.End) - m.flops(v, part.First)
		twin := func(h [][]float32) ref.Matmul {
			x := m.ref(h, l, a, b, 4*perSplit, e)
			if len(parts) > 1 {
				x.Blocks = part
			}
			return x
		}
		k.Twin = func(h [][]float32) { twin(h).Run(h[2], h[0], h[1]) }
		k.Sample = func(h [][]float32) [][]int { return m.sample(h, twin(h)) }
		p.Dispatch(k, bound...)
	}
}

// parts deal the blocks of C out to dispatches of at most so many FLOPs each; 0: to one. Each block is made as it would be by
// one dispatch, so that the order of sums stays.
func (m MatmulShape) parts(v variant, most int) (parts []ref.Blocks) {
	blocks, across := m.blocks(v)
	rows, cols := v.block()
	lanes := max(v.lanes, 1)
	each := blocks
	if most > 0 {
		each = max(most/(2*rows*cols*m.K)/lanes, 1) * lanes
		each = ceil(ceil(blocks, ceil(blocks, each)), lanes) * lanes // in parts of equal size
	}
	for first := 0; first < blocks; first += each {
		parts = append(parts, ref.Blocks{Rows: rows, Cols: cols, Across: across, First: first, End: min(first+each, blocks)})
	}
	return parts
}

// flops is the arithmetic of the first n blocks, those at the edges counted as the others.
func (m MatmulShape) flops(v variant, n int) int {
	blocks, _ := m.blocks(v)
	return int(float64(2*m.M*m.N*m.K) * float64(n) / float64(blocks))
}

// arguments specialize a variant's kernel.
func (m MatmulShape) arguments(v variant, l layout, a, b gpu.Tensor, e Epilogue) args {
	s := args{
		"Form": m.Form.String(), "Variant": v.kernel(),
		"AT": m.Form == TN, "BT": m.Form == NT, "V4": l.N%4 == 0, "ROWS": v.rows, "COLS": v.cols,
		"Bias": !e.Bias.IsZero(), "Gelu": !e.Gelu.IsZero(), "GeluSlope": !e.GeluSlope.IsZero(),
		"RowScale": !e.RowScale.IsZero(), "Residual": !e.Residual.IsZero(), "Accumulate": e.Accumulate,
		"Sums": !e.Sums.IsZero(), "Inside": l.sums,
	}
	if v.member == gpu.Tile {
		s["TILE_M"], s["TILE_N"], s["DEPTH"] = v.tileM, v.tileN, v.depth
		return s
	}
	s["LANES"], s["Texel"] = v.lanes, v.member == gpu.Texel
	s["AFlat"], s["BFlat"] = v.member != gpu.Texel || gpu.FoldOf(a).Flat, v.member != gpu.Texel || gpu.FoldOf(b).Flat
	// the last depths of an operand that runs across them are read past its end, where anything may lie
	s["TAIL"] = m.K%4 != 0 && m.Form != NT
	return s
}

// ref is the twin: the plain matmul and its epilogue, on the bound tensors h.
func (m MatmulShape) ref(h [][]float32, l layout, a, b gpu.Tensor, perSplit int, e Epilogue) ref.Matmul {
	x := ref.Matmul{
		M: m.M, N: l.N, K: m.K, AT: m.Form == TN, BT: m.Form == NT, AStride: a.Cols(), BStride: b.Cols(),
		PerSplit: perSplit, Split: l.each, Accumulate: e.Accumulate, Inside: l.sums,
	}
	next := 3
	take := func(t gpu.Tensor) []float32 {
		if t.IsZero() {
			return nil
		}
		next++
		return h[next-1]
	}
	x.Bias, x.Gelu, x.GeluSlope = take(e.Bias), take(e.Gelu), take(e.GeluSlope)
	x.RowScale = e.RowScale.rows(take(e.RowScale.Scales))
	x.Residual = take(e.Residual)
	x.Sums = take(e.Sums)
	return x
}

// padColumns makes rows of whole vec4s: it returns t itself, or a copy with zeros behind each row.
func padColumns(p *gpu.Program, t gpu.Tensor) gpu.Tensor {
	R, N := t.Rows(), t.Cols()
	if N%4 == 0 {
		return t
	}
	return p.Derived(t, "padded", func() gpu.Tensor {
		out := p.Scratch(t.Name+".padded", R, ceil(N, 4)*4)
		p.Dispatch(newKernel("columns_pad", nil, gpu.Kernel{
			Params: []uint32{uint32(R), uint32(N)}, Groups: spread(ceil(R*ceil(N, 4), 64)), Tolerance: 0,
			Twin: func(h [][]float32) { ref.ColumnsPad(h[1], h[0], N) },
		}), t, out)
		return out
	})
}
