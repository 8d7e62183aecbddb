package layers

import (
	"fmt"
	"math"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// operands makes the inputs of a matmul of this form.
func operands(in *inputs, form Form, M, N, K int) (a, b gpu.Tensor) {
	switch form {
	case NN:
		return in.noise("a", M, K), in.noise("b", K, N)
	case NT:
		return in.noise("a", M, K), in.noise("b", N, K)
	default:
		return in.noise("a", K, M), in.noise("b", K, N)
	}
}

func TestMatMul(t *testing.T) {
	shapes := []struct{ M, N, K int }{
		{1, 1, 1},
		{2, 3, 5},
		{16, 16, 16},
		{17, 20, 36},
		{64, 64, 64},
		{65, 68, 130},
		{5, 147, 33},
		{37, 96, 147},
		{96, 147, 320},
		{129, 4, 8},
		{3, 260, 1000},
	}
	for _, form := range []Form{NN, NT, TN} {
		for _, s := range shapes {
			for _, accumulate := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s %v accumulate=%v", form, s, accumulate), func(t *testing.T) {
					eachTarget(t, func(t *testing.T, p *gpu.Program) {
						var in inputs
						a, b := operands(&in, form, s.M, s.N, s.K)
						MatMul(p, form, a, b, in.noise("c", s.M, s.N), Epilogue{Accumulate: accumulate})
						in.check(t, p)
					})
				})
			}
		}
	}
}

func TestMatMulEpilogues(t *testing.T) {
	for _, s := range []struct{ M, N, K int }{{37, 96, 24}, {19, 31, 9}} {
		for name, make := range map[string]func(in *inputs) Epilogue{
			"bias": func(in *inputs) Epilogue { return Epilogue{Bias: in.noise("bias", s.N)} },
			"bias, gelu": func(in *inputs) Epilogue {
				return Epilogue{Bias: in.noise("bias", s.N), Gelu: in.noise("before", s.M, s.N)}
			},
			"bias, residual": func(in *inputs) Epilogue {
				return Epilogue{Bias: in.noise("bias", s.N), Residual: in.noise("residual", s.M, s.N)}
			},
			"gelu slope": func(in *inputs) Epilogue { return Epilogue{GeluSlope: in.noise("before", s.M, s.N)} },
			"bias, residual, accumulate": func(in *inputs) Epilogue {
				return Epilogue{Bias: in.noise("bias", s.N), Residual: in.noise("residual", s.M, s.N), Accumulate: true}
			},
		} {
			for _, form := range []Form{NN, NT, TN} {
				t.Run(fmt.Sprintf("%s %v %s", form, s, name), func(t *testing.T) {
					eachTarget(t, func(t *testing.T, p *gpu.Program) {
						var in inputs
						a, b := operands(&in, form, s.M, s.N, s.K)
						MatMul(p, form, a, b, in.noise("c", s.M, s.N), make(&in))
						in.check(t, p)
					})
				})
			}
		}
	}
}

// Two shapes that other portable trainers get wrong without a word: a transposed operand with a long depth,
// and a loop of 65,536 and more in one invocation.
func TestMatMulDeep(t *testing.T) {
	for _, c := range []struct {
		form    Form
		M, N, K int
	}{
		{NT, 6, 256, 4096},
		{NN, 4, 64, 163840},
		{TN, 8, 16, 164003},
		{NT, 3, 5, 70000},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			eachTarget(t, func(t *testing.T, p *gpu.Program) {
				var in inputs
				a, b := operands(&in, c.form, c.M, c.N, c.K)
				MatMul(p, c.form, a, b, in.noise("c", c.M, c.N), Epilogue{})
				in.check(t, p)
			})
		})
	}
}

// A weight that does not change is padded and staged once, and again after it was written.
func TestMatMulStagesOnce(t *testing.T) {
	var in inputs
	p := gpu.NewProgram(t.Name(), gpu.SoftwareTarget)
	x, w := in.noise("x", 20, 21), in.noise("w", 12, 21)
	y := p.Scratch("y", 20, 12)
	MatMul(p, NT, x, w, y, Epilogue{})
	first := p.Dispatches()
	MatMul(p, NT, x, w, p.Scratch("z", 20, 12), Epilogue{})
	if n := p.Dispatches() - first; n != 1 {
		t.Errorf("the second matmul of the same operands took %d ops, want 1", n)
	}
	MatMul(p, TN, y, x, p.Scratch("dw", 12, 21), Epilogue{})
	MatMul(p, NN, y, w, x, Epilogue{}) // x changes
	before := p.Dispatches()
	MatMul(p, NT, x, w, p.Scratch("v", 20, 12), Epilogue{})
	if n := p.Dispatches() - before; n != 3 {
		t.Errorf("a matmul of a changed operand took %d ops, want 3: pad, stage, multiply", n)
	}
	in.check(t, p)
}

func TestMatMulRefusesShapes(t *testing.T) {
	p := gpu.NewProgram(t.Name(), gpu.SoftwareTarget)
	MatMul(p, NT, gpu.NewTensor("a", 4, 8), gpu.NewTensor("b", 4, 12), gpu.NewTensor("c", 4, 4), Epilogue{})
	if p.Err() == nil {
		t.Error("depths 8 and 12 were multiplied")
	}
}

// The twin of the fused derivative against finite differences, and against the half of a large x.
func TestGeluSlope(t *testing.T) {
	const h = 1e-5
	for x := -6.0; x <= 6; x += 0.37 {
		want := (ref.Gelu(x+h) - ref.Gelu(x-h)) / (2 * h)
		if got := ref.GeluSlope(x); math.Abs(got-want) > 1e-9 {
			t.Errorf("slope at %g is %g, finite difference %g", x, got, want)
		}
	}
}
