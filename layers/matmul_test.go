package layers

import (
	"fmt"
	"math"
	"slices"
	"strings"
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

// matmul records one matmul by a variant, or by the program's own choice where v is empty.
func (in *inputs) matmul(p *gpu.Program, v string, form Form, M, N, K int, e Epilogue) {
	a, b := operands(in, form, M, N, K)
	if v != "" {
		m := MatmulShape{Form: form, M: M, N: N, K: K, Fused: e.fused()}
		p.Target.Choices = gpu.Choices{m.Class(): v}
	}
	MatMul(p, form, a, b, in.noise("c", M, N), e)
}

// matmulsOf is what a program's matmuls say of themselves.
func matmulsOf(p *gpu.Program) (all []MatmulInfo) {
	p.Each(func(k gpu.Kernel, _ []gpu.Tensor) {
		if m, ok := k.Info.(MatmulInfo); ok {
			all = append(all, m)
		}
	})
	return all
}

// A matmul's kernel says what it computes and by which variant, whole, in splits and with its epilogue.
func TestMatMulSaysWhatItComputes(t *testing.T) {
	eachTarget(t, func(t *testing.T, p *gpu.Program) {
		var in inputs
		in.matmul(p, "", NN, 64, 64, 64, Epilogue{})
		in.matmul(p, "", TN, 20, 23, 3000, Epilogue{Accumulate: true}) // splits have 24 columns
		in.matmul(p, "", NT, 64, 64, 64, Epilogue{Bias: in.noise("bias", 64)})
		var want []MatmulInfo
		for _, m := range []MatmulShape{{NN, 64, 64, 64, false}, {TN, 20, 23, 3000, false}, {NT, 64, 64, 64, true}} {
			want = append(want, MatmulInfo{MatmulShape: m, Variant: m.variant(p).name})
		}
		if got := matmulsOf(p); !slices.Equal(got, want) {
			t.Errorf("the kernels say %v, want %v", got, want)
		}
	})
}

// Every variant, at sizes that are no multiple of its blocks.
func TestMatMulVariants(t *testing.T) {
	for _, v := range variants {
		for _, form := range []Form{NN, NT, TN} {
			t.Run(v.name+" "+form.String(), func(t *testing.T) {
				for i, s := range [][3]int{{65, 68, 36}, {37, 131, 150}} {
					p := gpu.NewProgram(fmt.Sprint(s), gpu.SoftwareTarget)
					var in inputs
					in.matmul(p, v.name, form, s[0], s[1], s[2], Epilogue{Accumulate: i == 1})
					want := MatmulInfo{MatmulShape: MatmulShape{form, s[0], s[1], s[2], false}, Variant: v.name}
					if got := matmulsOf(p); len(got) != 1 || got[0] != want {
						t.Fatalf("%v was recorded, want %v", got, want)
					}
					in.check(t, p)
				}
			})
		}
	}
}

// Sizes below a vec4, and some that fill neither blocks nor vec4s.
func TestMatMul(t *testing.T) {
	shapes := [][3]int{
		{1, 1, 1},
		{2, 3, 5},
		{3, 4, 2},
		{4, 5, 3},
		{5, 2, 4},
		{16, 16, 16},
		{5, 147, 33},
		{96, 147, 320},
		{3, 260, 1000},
	}
	for _, form := range []Form{NN, NT, TN} {
		for i, s := range shapes {
			t.Run(fmt.Sprintf("%s %v", form, s), func(t *testing.T) {
				eachTarget(t, func(t *testing.T, p *gpu.Program) {
					var in inputs
					in.matmul(p, "", form, s[0], s[1], s[2], Epilogue{Accumulate: i%2 == 1})
					in.check(t, p)
				})
			})
		}
	}
}

// Rows too long to lie side by side in a texture run on from one of its rows to the next.
func TestMatMulFlatTextures(t *testing.T) {
	for _, c := range []struct {
		form    Form
		M, N, K int
	}{{NT, 2, 3, 40004}, {NN, 2, 40004, 3}, {TN, 40004, 2, 3}} {
		p := gpu.NewProgram(fmt.Sprint(c), gpu.SoftwareTarget)
		var in inputs
		in.matmul(p, "texel 8x8", c.form, c.M, c.N, c.K, Epilogue{})
		if source := p.Kernels()[len(p.Kernels())-1].Source; !strings.Contains(source, "flat(") {
			t.Errorf("%v has no flat texture", c)
		}
		in.check(t, p)
	}
}

func TestMatMulEpilogues(t *testing.T) {
	for name, make := range map[string]func(in *inputs, M, N int) Epilogue{
		"bias": func(in *inputs, M, N int) Epilogue { return Epilogue{Bias: in.noise("bias", N)} },
		"bias, gelu": func(in *inputs, M, N int) Epilogue {
			return Epilogue{Bias: in.noise("bias", N), Gelu: in.noise("before", M, N)}
		},
		"gelu slope": func(in *inputs, M, N int) Epilogue { return Epilogue{GeluSlope: in.noise("before", M, N)} },
		"bias, residual, accumulate": func(in *inputs, M, N int) Epilogue {
			return Epilogue{Bias: in.noise("bias", N), Residual: in.noise("residual", M, N), Accumulate: true}
		},
	} {
		for _, v := range []string{"tile 64x64x8 4x4", "tile 128x128x8 8x8", "register 4x4", "texel 8x16"} {
			// the store is the same in all forms, and differs where rows are no whole vec4s
			for form, s := range map[Form][3]int{NT: {37, 96, 24}, NN: {19, 31, 9}} {
				t.Run(fmt.Sprintf("%s, %s %v", name, v, s), func(t *testing.T) {
					p := gpu.NewProgram(t.Name(), gpu.SoftwareTarget)
					var in inputs
					in.matmul(p, v, form, s[0], s[1], s[2], make(&in, s[0], s[1]))
					in.check(t, p)
				})
			}
		}
	}
}

// All epilogues at once by every variant of tiles in every form, at sizes that fill neither blocks nor, the second, vec4s.
func TestMatMulEpiloguesOfTiles(t *testing.T) {
	for _, v := range variants {
		if v.member != gpu.Tile {
			continue
		}
		for form, s := range map[Form][3]int{NN: {141, 132, 37}, NT: {67, 197, 21}, TN: {70, 133, 43}} {
			t.Run(v.name+" "+form.String(), func(t *testing.T) {
				p := gpu.NewProgram(t.Name(), gpu.SoftwareTarget)
				var in inputs
				e := Epilogue{
					Bias: in.noise("bias", s[1]), Gelu: in.noise("before", s[0], s[1]), Residual: in.noise("residual", s[0], s[1]),
					Accumulate: true,
				}
				in.matmul(p, v.name, form, s[0], s[1], s[2], e)
				if got := matmulsOf(p); len(got) != 1 || got[0].Variant != v.name {
					t.Fatalf("%v was recorded", got)
				}
				in.check(t, p)
			})
		}
	}
}

// The sums of dy's columns come with the weight's gradient, whole and in splits, or by a kernel of their own.
func TestMatMulSums(t *testing.T) {
	for _, v := range []string{"tile 64x64x8 4x4", "tile 64x64x16 4x4", "tile 128x64x8 8x4", "tile 128x128x8 8x8", "register 4x4", "texel 16x16", "texel 8x8"} {
		for _, s := range [][3]int{{68, 65, 37}, {132, 12, 700}, {6, 8, 9}} {
			t.Run(fmt.Sprint(v, s), func(t *testing.T) {
				p := gpu.NewProgram(t.Name(), gpu.SoftwareTarget)
				var in inputs
				in.matmul(p, v, TN, s[0], s[1], s[2], Epilogue{Accumulate: true, Sums: in.noise("sums", s[0])})
				own := 0
				p.Each(func(k gpu.Kernel, _ []gpu.Tensor) {
					if k.Name == "columns_sum" {
						own++
					}
				})
				if want := strings.HasPrefix(v, "register") || s[0]%4 != 0; (own > 0) != want {
					t.Errorf("%d kernels for the sums alone", own)
				}
				in.check(t, p)
			})
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
				in.matmul(p, "", c.form, c.M, c.N, c.K, Epilogue{})
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
