package layers

import (
	"fmt"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
)

// dropScales are 0 for every third image.
func dropScales(in *inputs, B int) gpu.Tensor {
	v := make([]float32, B)
	for i := range v {
		if i%3 != 0 {
			v[i] = 1.25
		}
	}
	return in.values("scales", v, B)
}

// twoSizes are images of T tokens, and others of T2 behind them unless B2 is 0.
func twoSizes(B, T, B2, T2 int) Spans {
	s := Spans{{B: B, T: T}}
	if B2 > 0 {
		s = append(s, Span{First: B * T, B: B2, T: T2})
	}
	return s
}

func TestRowsScale(t *testing.T) {
	for _, c := range []struct {
		spans Spans
		D     int
	}{{twoSizes(2, 1, 0, 0), 4}, {twoSizes(7, 3, 0, 0), 20}, {twoSizes(5, 13, 4, 5), 64}, {twoSizes(65, 1, 2, 9), 8}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			eachTarget(t, func(t *testing.T, p *gpu.Program) {
				var in inputs
				RowScale{dropScales(&in, c.spans.Images()), c.spans}.apply(p, in.noise("x", c.spans.Rows(), c.D))
				in.check(t, p)
			})
		})
	}
}

// Row scales in the matmul's epilogue, images of one row and of several, of one size and of two, whole vec4s and
// not, between what can stand around them. Only the forward pass of linear layers takes them.
func TestMatMulRowScale(t *testing.T) {
	for _, c := range []struct {
		spans Spans
		N, K  int
	}{{twoSizes(4, 9, 5, 3), 40, 24}, {twoSizes(19, 1, 0, 0), 31, 9}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			eachTarget(t, func(t *testing.T, p *gpu.Program) {
				var in inputs
				M := c.spans.Rows()
				a, b := operands(&in, NT, M, c.N, c.K)
				MatMul(p, NT, a, b, in.noise("c", M, c.N), Epilogue{
					Bias: in.noise("bias", c.N), RowScale: RowScale{dropScales(&in, c.spans.Images()), c.spans},
					Residual: in.noise("residual", M, c.N), Accumulate: true,
				})
				in.check(t, p)
			})
		})
	}
}

// What a dropped image's row keeps is the residual, to the bit.
func TestMatMulRowScaleDrops(t *testing.T) {
	eachTarget(t, func(t *testing.T, p *gpu.Program) {
		var in inputs
		a, b := operands(&in, NT, 6, 8, 5)
		residual := in.noise("residual", 6, 8)
		scale := RowScale{dropScales(&in, 3), twoSizes(3, 2, 0, 0)}
		c := p.Pin(MatMul(p, NT, a, b, p.Scratch("c", 6, 8), Epilogue{RowScale: scale, Residual: residual}))
		got := make([]float32, 48)
		err := in.run(p, func() error {
			if err := p.Run(); err != nil {
				return err
			}
			return p.Read(c, got)
		})
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range got {
			if same := v == in[2].value[i]; same != (i < 16) {
				t.Errorf("row %d: %g, the residual is %g", i/8, v, in[2].value[i])
			}
		}
	})
}

func TestRowScaleRefusesShapes(t *testing.T) {
	for name, spans := range map[string]Spans{"rows": twoSizes(3, 2, 0, 0), "images": twoSizes(2, 2, 0, 0)} {
		scale := RowScale{gpu.NewTensor("scales", 3), spans}
		p := gpu.NewProgram(t.Name(), gpu.SoftwareTarget)
		MatMul(p, NT, gpu.NewTensor("a", 4, 8), gpu.NewTensor("b", 4, 8), gpu.NewTensor("c", 4, 4), Epilogue{RowScale: scale})
		if p.Err() == nil {
			t.Errorf("%s: a matmul of 4 rows took %v", name, scale.Spans)
		}
		p = gpu.NewProgram(t.Name(), gpu.SoftwareTarget)
		scale.apply(p, gpu.NewTensor("x", 4, 8))
		if p.Err() == nil {
			t.Errorf("%s: 4 rows were scaled by %v", name, scale.Spans)
		}
	}
}
