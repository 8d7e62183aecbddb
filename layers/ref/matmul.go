package ref

// Matmul is the twin of the matmul kernels, with their epilogues.
type Matmul struct {
	M, N, K          int
	AT, BT           bool // a is (K, M), b is (N, K)
	AStride, BStride int  // elements from one row to the next
	PerSplit         int  // depths of K per split of c
	Split            int  // elements of a split: c is (splits, Split), M x N of them the product
	Inside           bool // the sums of a's columns, over the split's depths, stand behind each split

	Blocks Blocks // those of c that are made

	Bias, Gelu, GeluSlope, RowScale, Residual []float32 // nil: not fused; Gelu is written
	Accumulate                                bool
	Sums                                      []float32 // (M) += the sums of a's columns
}

// Blocks are a part of a matrix that is cut into blocks of Rows x Cols, Across side by side, which are numbered row by row:
// those from First on, up to End. The zero value is the whole matrix.
type Blocks struct{ Rows, Cols, Across, First, End int }

// has tells whether an element is in the part.
func (b Blocks) has(m, n int) bool {
	if b.End == 0 {
		return true
	}
	block := m/b.Rows*b.Across + n/b.Cols
	return block >= b.First && block < b.End
}

// rows are those of M in which the part has elements.
func (b Blocks) rows(M int) (from, to int) {
	if b.End == 0 {
		return 0, M
	}
	return b.First / b.Across * b.Rows, min(M, ((b.End-1)/b.Across+1)*b.Rows)
}

// Run makes c from a and b.
func (x Matmul) Run(c, a, b []float32) {
	splits := len(c) / x.Split
	for z := range splits {
		from, to := min(z*x.PerSplit, x.K), min((z+1)*x.PerSplit, x.K)
		part := c[z*x.Split : (z+1)*x.Split]
		x.sums(part, a, from, to)
		for m := range x.M {
			for n := range x.N {
				if !x.Blocks.has(m, n) {
					continue
				}
				var v float64
				if from < to && !x.pastColumns(n) {
					v = x.dot(a, b, m, n, from, to)
				}
				x.store(part, m*x.N+n, n, v)
			}
		}
	}
}

// sums makes the sums of a's columns that are asked for, and returns the part of a split that holds them, if any.
func (x Matmul) sums(part, a []float32, from, to int) []float32 {
	if x.Sums != nil {
		x.columns(x.Sums, a, from, to)
	}
	if !x.Inside {
		return nil
	}
	inside := part[x.M*x.N:]
	for m := range inside {
		if x.Blocks.has(m, 0) {
			inside[m] = 0
		}
	}
	x.columns(inside, a, from, to)
	return inside
}

// columns adds the sums of a's columns, a being (K, M).
func (x Matmul) columns(sums, a []float32, from, to int) {
	for m := range x.M { // a may have more columns, up to whole vec4s
		if !x.Blocks.has(m, 0) {
			continue
		}
		v := float64(sums[m])
		for k := from; k < to; k++ {
			v += float64(a[k*x.AStride+m])
		}
		sums[m] = float32(v)
	}
}

// pastColumns tells whether column n of c lies past b's columns: partial sums are padded to whole vec4s.
func (x Matmul) pastColumns(n int) bool { return !x.BT && n >= x.BStride }

func (x Matmul) dot(a, b []float32, m, n, from, to int) (v float64) {
	ai, as := m*x.AStride, 1
	if x.AT {
		ai, as = m, x.AStride
	}
	bi, bs := n, x.BStride
	if x.BT {
		bi, bs = n*x.BStride, 1
	}
	for k := from; k < to; k++ {
		v += float64(a[ai+k*as]) * float64(b[bi+k*bs])
	}
	return v
}

func (x Matmul) store(c []float32, i, n int, v float64) {
	if x.Bias != nil {
		v += float64(x.Bias[n])
	}
	if x.Gelu != nil {
		x.Gelu[i] = float32(v)
		v = Gelu(v)
	}
	if x.GeluSlope != nil {
		v *= GeluSlope(float64(x.GeluSlope[i]))
	}
	if x.RowScale != nil {
		v *= float64(x.RowScale[i/x.N])
	}
	if x.Residual != nil {
		v += float64(x.Residual[i])
	}
	if x.Accumulate {
		v += float64(c[i])
	}
	c[i] = float32(v)
}

// ColumnsPad is the twin of columns_pad.wgsl: x (R, N), out (R, N rounded up to a multiple of 4).
func ColumnsPad(out, x []float32, N int) {
	clear(out)
	wide := (N + 3) / 4 * 4
	for r := range len(x) / N {
		copy(out[r*wide:], x[r*N:r*N+N])
	}
}
