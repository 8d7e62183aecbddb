package layers

import (
	"fmt"
	"slices"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
)

// sameInParts records a program twice, whole and with a limit of FLOPs for a dispatch, wants the same bytes in what record
// returns, each dispatch within the limit and beside its twin, and as much arithmetic in all. It returns how many more
// dispatches there are.
func sameInParts(t *testing.T, target gpu.Target, most int, record func(p *gpu.Program, in *inputs) []gpu.Tensor) (more int) {
	t.Helper()
	var whole [][]float32
	dispatches, flops := 0, 0
	for _, most := range []int{0, most} {
		target.DispatchFlops = most
		p := gpu.NewProgram(t.Name(), target)
		var in inputs
		outputs := record(p, &in)
		more, dispatches = p.Dispatches()-dispatches, p.Dispatches()
		p.Each(func(k gpu.Kernel, _ []gpu.Tensor) {
			if most > 0 && k.Flops > most {
				t.Errorf("%s takes %d FLOPs, %d are allowed", k.Name, k.Flops, most)
			}
		})
		if most > 0 && p.Flops() != flops {
			t.Errorf("%d FLOPs in parts, %d as a whole", p.Flops(), flops)
		}
		flops = p.Flops()
		err := in.run(p, func() error {
			if err := p.Run(); err != nil {
				return err
			}
			for i, o := range outputs {
				v := make([]float32, o.Len())
				if err := p.Read(o, v); err != nil {
					return err
				}
				if most == 0 {
					whole = append(whole, v)
				} else if !slices.Equal(v, whole[i]) {
					t.Errorf("%s has other bytes in parts", o.Name)
				}
			}
			if most == 0 {
				return nil
			}
			return p.Check()
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return more
}

// A matmul in several dispatches makes the bytes that one makes: every member and form, parts that end within a row of
// blocks, split depths, sums, padded columns, and what is fused.
func TestMatMulInDispatches(t *testing.T) {
	for _, c := range []struct {
		variant string
		form    Form
		M, N, K int
	}{
		{"tile 64x64x8 4x4", NT, 130, 387, 36},
		{"tile 64x64x8 4x4", NN, 150, 130, 23},
		{"tile 64x64x8 4x4", TN, 260, 132, 37},
		{"tile 64x64x8 4x4", TN, 132, 72, 300},
		{"tile 128x128x8 8x8", TN, 260, 132, 37},
		{"register 4x4", NT, 130, 71, 36},
		{"register 4x4", TN, 132, 72, 300},
		{"texel 4x8", NN, 150, 132, 24},
		{"texel 4x8", TN, 132, 72, 300},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			more := sameInParts(t, gpu.SoftwareTarget, c.M*c.N*c.K, func(p *gpu.Program, in *inputs) (outputs []gpu.Tensor) {
				e := Epilogue{Accumulate: true}
				switch c.form {
				case NT:
					e = Epilogue{Bias: in.noise("bias", c.N), Gelu: in.noise("before", c.M, c.N), Residual: in.noise("residual", c.M, c.N)}
				case TN:
					e.Sums = in.noise("sums", c.M)
				}
				in.matmul(p, c.variant, c.form, c.M, c.N, c.K, e)
				for _, i := range *in {
					outputs = append(outputs, i.t)
				}
				return outputs
			})
			if more < 1 {
				t.Errorf("%d dispatches more in parts", more)
			}
		})
	}
}

// Less than a block is no dispatch, whatever the limit.
func TestABlockIsTheLeastDispatch(t *testing.T) {
	target := gpu.GPUTarget
	target.DispatchFlops = 1
	p := gpu.NewProgram(t.Name(), target)
	var in inputs
	in.matmul(p, "", NN, 70, 132, 8, Epilogue{})
	if p.Dispatches() != 6 || p.Flops() != 2*70*132*8 {
		t.Errorf("6 blocks take %d dispatches and %d FLOPs", p.Dispatches(), p.Flops())
	}
}

// Attention in several dispatches makes the bytes that one makes, with images of two sizes.
func TestAttentionInDispatches(t *testing.T) {
	const H, hd = 2, 32
	for name, target := range map[string]gpu.Target{"software": gpu.SoftwareTarget, "gpu": gpu.GPUTarget} {
		t.Run(name, func(t *testing.T) {
			spans := Spans{{B: 5, T: 37}, {First: 5 * 37, B: 9, T: 10}}
			more := sameInParts(t, target, 2*mostProducts*H*37*37*hd, func(p *gpu.Program, in *inputs) []gpu.Tensor {
				l := Attention{Heads: H}
				o := l.Forward(p, in.noise("qkv", spans.Rows(), 3*H*hd), spans)
				return []gpu.Tensor{p.Pin(o), p.Pin(l.Backward(p, in.noise("dO", spans.Rows(), H*hd)))}
			})
			if more != 3*2 { // three kernels over the first span in three parts
				t.Errorf("%d dispatches more in parts", more)
			}
		})
	}
}
