package layers

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// A RowScale multiplies all rows of an image by one number per image: drop path at the end of a branch.
type RowScale struct {
	Scales gpu.Tensor // (images); a zero Tensor stands for none
	Spans  Spans      // the rows of the images, of at most two sizes
}

// IsZero tells whether nothing is scaled.
func (s RowScale) IsZero() bool { return s.Scales.IsZero() }

// classes is the same for tensors of the class tokens' rows alone.
func (s RowScale) classes() RowScale {
	return RowScale{s.Scales, Spans{{B: s.Spans.Images(), T: 1}}}
}

// fits tells whether each row of x has a number; if not, it fails the program.
func (s RowScale) fits(p *gpu.Program, x gpu.Tensor) bool {
	if len(s.Spans) > 2 || s.Spans.Rows() != x.Rows() || s.Spans.Images() != s.Scales.Len() {
		p.Fail("row scales %v of the rows %v do not fit %s %v; images of at most two sizes are allowed", s.Scales.Shape, s.Spans, x.Name, x.Shape)
		return false
	}
	return true
}

// params are the arguments of the kernels' image_of.
func (s RowScale) params() []uint32 {
	if s.IsZero() {
		return nil
	}
	first, last := s.Spans[0], s.Spans[len(s.Spans)-1]
	return []uint32{uint32(first.B), uint32(first.T), uint32(last.T)}
}

// rows spreads the numbers over the rows, for the twins.
func (s RowScale) rows(scales []float32) []float32 {
	if scales == nil {
		return nil
	}
	var rows []float32
	for _, x := range s.Spans {
		for _, scale := range scales[:x.B] {
			for range x.T {
				rows = append(rows, scale)
			}
		}
		scales = scales[x.B:]
	}
	return rows
}

// apply records x (R, D) with its rows scaled; it returns x itself where nothing is scaled.
func (s RowScale) apply(p *gpu.Program, x gpu.Tensor) gpu.Tensor {
	if s.IsZero() || !s.fits(p, x) {
		return x
	}
	defer p.Section("drop path")()
	R, D := x.Rows(), x.Cols()
	if D%4 != 0 {
		p.Fail("drop path: rows of %s %v are not whole vec4s", x.Name, x.Shape)
		return x
	}
	out := p.Scratch(x.Name+".scaled", x.Shape...)
	p.Dispatch(newKernel("rows_scale", nil, gpu.Kernel{
		Params: append([]uint32{uint32(R * D / 4), uint32(D / 4)}, s.params()...), Groups: spread(ceil(R*D/4, workgroup)),
		Flops: R * D, Tolerance: exact,
		Twin: func(a [][]float32) { ref.RowsScale(a[2], a[0], s.rows(a[1]), D) },
	}), x, s.Scales, out)
	return out
}
