package ref

// A Gather is the matrix A that convolution kernels read out of a map X (N, H, W, C), C a multiple of 4, as
// shaders/shared/convolution.wgsl says: rows (n, i, j) of grids of GridH x GridW, depths (ty, tx, channel).
type Gather struct {
	Images, GridH, GridW                   int
	H, W, C                                int
	Stride, Step, Top, Left                int
	TapsY, TapsX                           int
	First                                  int // row of B that the first depth takes
	OutH, OutW, OutStride, OutTop, OutLeft int // where the rows of the product go
}

// Rows and Depths are A's size.
func (g Gather) Rows() int   { return g.Images * g.GridH * g.GridW }
func (g Gather) Depths() int { return g.TapsY * g.TapsX * g.C }

// Dense tells whether the product's rows go where they are.
func (g Gather) Dense() bool {
	return g.OutStride == 1 && g.OutTop == 0 && g.OutLeft == 0 && g.OutH == g.GridH && g.OutW == g.GridW
}

// at is A at a row and a depth.
func (g Gather) at(x []float32, row, depth int) float64 {
	n, i, j := row/g.GridW/g.GridH, row/g.GridW%g.GridH, row%g.GridW
	ty, tx, c := depth/g.C/g.TapsX, depth/g.C%g.TapsX, depth%g.C
	y, xx := i*g.Stride+g.Top+g.Step*ty, j*g.Stride+g.Left+g.Step*tx
	if y < 0 || y >= g.H || xx < 0 || xx >= g.W {
		return 0
	}
	return float64(x[((n*g.H+y)*g.W+xx)*g.C+c])
}

// outRow is where the product's row goes.
func (g Gather) outRow(row int) int {
	n, i, j := row/g.GridW/g.GridH, row/g.GridW%g.GridH, row%g.GridW
	return (n*g.OutH+i*g.OutStride+g.OutTop)*g.OutW + j*g.OutStride + g.OutLeft
}

// A GatherProduct is a product with a Gather, in splits of PerSplit of what is summed over.
type GatherProduct struct {
	Gather
	N          int // columns of the product
	BStride    int // elements of a row of B
	PerSplit   int
	Accumulate bool
	Bias       []float32 // (N), or nil
}

// Run is the twin of convolution_tile.wgsl and convolution_texel.wgsl: c (splits, OutH * OutW images, N) = A B.
func (g GatherProduct) Run(c, x, b []float32) {
	for row := range g.Rows() {
		for n := range g.N {
			g.one(c, x, b, row, n)
		}
	}
}

// RunSome makes some elements of c and returns which.
func (g GatherProduct) RunSome(c, x, b []float32) (all []int) {
	for _, i := range g.some(g.Rows(), g.N, len(c)/g.each()*g.PerSplit) {
		all = append(all, g.one(c, x, b, i/g.N, i%g.N)...)
	}
	return all
}

// each is the number of elements of a split of Run.
func (g GatherProduct) each() int { return g.Images * g.OutH * g.OutW * g.N }

// one makes one element in each split, and returns its places.
func (g GatherProduct) one(c, x, b []float32, row, n int) (places []int) {
	for z := range len(c) / g.each() {
		var v float64
		for k := z * g.PerSplit; k < min((z+1)*g.PerSplit, g.Depths()); k++ {
			v += g.at(x, row, k) * float64(b[(g.First+k)*g.BStride+n])
		}
		at := z*g.each() + g.outRow(row)*g.N + n
		if g.Bias != nil {
			v += float64(g.Bias[n])
		}
		if g.Accumulate {
			v += float64(c[at])
		}
		c[at] = float32(v)
		places = append(places, at)
	}
	return places
}

// RunWeights is the twin of convolution_weight_tile.wgsl and convolution_weight_texel.wgsl: c (splits, depths, N) = A^T B.
func (g GatherProduct) RunWeights(c, x, b []float32) {
	for depth := range g.Depths() {
		for n := range g.N {
			g.oneWeight(c, x, b, depth, n)
		}
	}
}

// RunWeightsSome makes some elements of c and returns which.
func (g GatherProduct) RunWeightsSome(c, x, b []float32) (all []int) {
	for _, i := range g.some(g.Depths(), g.N, len(c)/(g.Depths()*g.N)*g.PerSplit) {
		all = append(all, g.oneWeight(c, x, b, i/g.N, i%g.N)...)
	}
	return all
}

func (g GatherProduct) oneWeight(c, x, b []float32, depth, n int) (places []int) {
	each := g.Depths() * g.N
	for z := range len(c) / each {
		var v float64
		for row := z * g.PerSplit; row < min((z+1)*g.PerSplit, g.Rows()); row++ {
			v += g.at(x, row, depth) * float64(b[row*g.BStride+n])
		}
		at := z*each + depth*g.N + n
		c[at] = float32(v)
		places = append(places, at)
	}
	return places
}

// some are elements of an M x N product with that many multiply-adds each, as many as a sample may take.
func (g GatherProduct) some(M, N, work int) []int {
	side := 4
	for cells(M, N, side)*work > sampleWork && cells(M, N, 2*side) >= sampleLeast {
		side *= 2
	}
	return spots(M, N, side)
}
