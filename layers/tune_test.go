package layers

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dinogpu/dinogpu/gpu"
)

// What a target chose is a line and back.
func TestMatmulLine(t *testing.T) {
	for _, target := range []gpu.Target{
		gpu.GPUTarget,
		gpu.SoftwareTarget,
		gpu.DX12Target,
		{Matmul: gpu.Register, Attention: gpu.TexelAttention},
		{Matmul: gpu.Register, Attention: gpu.TileAttention},
		{Matmul: gpu.Tile, Attention: gpu.TileAttention, Variant: "tile 128x128x8 8x8", Choices: gpu.Choices{"TN.9.9.14": "tile 64x64x8 4x4 split 1024"}},
		{Matmul: gpu.Texel, Attention: gpu.TileAttention, Variant: "texel 8x8", Only: true},
		{Matmul: gpu.Tile, Attention: gpu.TexelAttention, Choices: gpu.Choices{"NN.0.1.2": "register 8x4"}},
		{Software: true, Matmul: gpu.Texel, Attention: gpu.TexelAttention, Choices: gpu.Choices{"NT.11.8.8f": "texel 8x16", "NN.0.1.2": "texel 16x16", "TN.3.4.16": "texel 8x16"}},
	} {
		line := FormatMatmul(target)
		got, err := ParseMatmul(line, gpu.Target{Software: target.Software})
		if err != nil || got.Matmul != target.Matmul || got.Attention != target.Attention || got.Software != target.Software || got.Variant != target.Variant || got.Only != target.Only || !maps.Equal(got.Choices, target.Choices) {
			t.Errorf("%q reads as %+v: %v", line, got, err)
		}
	}
	// these lines are in checkpoints of programs whose attention followed the matmuls
	for line, want := range map[string]gpu.Attention{
		"tile":                              gpu.TileAttention,
		"tile; register 8x4: NN.0.1.2":      gpu.TileAttention,
		"register":                          gpu.TexelAttention,
		"texel":                             gpu.TexelAttention,
		"texel; texel 8x16: NT.5.8.8f":      gpu.TexelAttention,
		"texel; tile 64x64x8 4x4: NT.5.8.8": gpu.TexelAttention,
	} {
		before := gpu.GPUTarget
		before.Variant, before.Only = "tile 128x128x8 8x8", true
		if got, err := ParseMatmul(line, before); err != nil || got.Attention != want || got.Variant != "" || got.Only {
			t.Errorf("%q reads as %+v, want attention %s and no usual variant: %v", line, got, want, err)
		}
	}
	for line, want := range map[string]string{
		"":                                 "matmul kernel",
		"texels":                           "matmul kernel",
		"texel; attention register":        "attention",
		"texel; attention ":                "attention",
		"texel; texel 8x16: NT.1.2":        "class",
		"texel; texel 8x16: NT.1.2.3fx":    "class",
		"texel; texel 8x17: NT.1.2.3":      "variant",
		"tile; tile 64x64x8 4x4: QQ.1.2.3": "class",
		"tile; usually tile 64x64x8 5x5":   "variant",
		"tile; only ":                      "variant",
		"tile; only register 8x4":          "variant",

		"tile; tile 64x64x8 4x4 split 512: NN.1.2.3": "variant",
	} {
		if _, err := ParseMatmul(line, gpu.GPUTarget); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, want an error about a %s", line, err, want)
		}
	}
}

// Software is offered texels alone; a GPU none, whose copies cost it more than they give; DX12 nothing that takes FXC seconds.
func TestCandidatesSuitTheTarget(t *testing.T) {
	for _, c := range []struct {
		target gpu.Target
		want   []gpu.Matmul
	}{
		{gpu.SoftwareTarget, []gpu.Matmul{gpu.Texel}}, {gpu.GPUTarget, []gpu.Matmul{gpu.Tile, gpu.Register}}, {gpu.DX12Target, []gpu.Matmul{gpu.Register}},
	} {
		var got []gpu.Matmul
		for _, name := range Candidates(c.target) {
			v, ok := variantNamed(name)
			if !ok {
				t.Errorf("there is no %s", name)
			}
			if !slices.Contains(got, v.member) {
				got = append(got, v.member)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%+v is offered %v, want %v", c.target, got, c.want)
		}
	}
}

// Tuning measures every class once, the largest first, keeps what was known, chooses among variants for the kind of
// adapter, and what it chose is what is recorded.
func TestTune(t *testing.T) {
	d, err := device()
	if err != nil {
		t.Fatal(err)
	}
	for name, target := range targets {
		t.Run(name, func(t *testing.T) {
			record := func(target gpu.Target) *gpu.Program {
				p := gpu.NewProgram(t.Name(), target)
				var in inputs
				in.matmul(p, "", NN, 40, 24, 16, Epilogue{})
				in.matmul(p, "", NT, 60, 64, 64, Epilogue{Bias: in.noise("bias", 64)})
				in.matmul(p, "", TN, 8, 5, 300, Epilogue{Accumulate: true})
				if p.Err() != nil {
					t.Fatal(p.Err())
				}
				return p
			}
			target.Choices = gpu.Choices{"NN.6.5.4": Candidates(target)[1]}
			var order []string
			choices, err := Tune(context.Background(), d, target, []*gpu.Program{record(target)}, time.Minute, func(done, of int, r Tuned) {
				order = append(order, r.Class)
				if of != 2 || done != len(order) || r.Seconds[r.Choice] <= 0 {
					t.Errorf("%d of %d: %+v", done, of, r)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			if strings.Join(order, " ") != "NT.6.6.6f TN.3.3.9" {
				t.Errorf("measured %v", order)
			}
			target.Choices = choices
			recorded := map[string]string{}
			record(target).Each(func(k gpu.Kernel, _ []gpu.Tensor) {
				if m, ok := k.Info.(MatmulInfo); ok {
					recorded[m.Class()] = m.Variant
				}
			})
			if !maps.Equal(recorded, choices) {
				t.Errorf("recorded %v, chosen %v", recorded, choices)
			}
		})
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	p := gpu.NewProgram("stopped", gpu.SoftwareTarget)
	var in inputs
	in.matmul(p, "", NN, 4, 4, 4, Epilogue{})
	if choices, err := Tune(ctx, d, gpu.SoftwareTarget, []*gpu.Program{p}, time.Minute, nil); err != nil || len(choices) != 0 {
		t.Errorf("stopped, tuning gives %v, %v", choices, err)
	}
}

// A GPU is timed on as many rows as fill it, software on few; the other sizes stay.
func TestTunedRows(t *testing.T) {
	for _, c := range []struct {
		in             MatmulShape
		software, gpus MatmulShape
	}{
		{MatmulShape{NT, 12608, 384, 1536, false}, MatmulShape{NT, 512, 384, 1536, false}, MatmulShape{NT, 8192, 384, 1536, false}},
		{MatmulShape{TN, 384, 1536, 12608, false}, MatmulShape{TN, 384, 1536, 512, false}, MatmulShape{TN, 384, 1536, 8192, false}},
		{MatmulShape{NN, 640, 384, 1536, true}, MatmulShape{NN, 512, 384, 1536, true}, MatmulShape{NN, 640, 384, 1536, true}},
	} {
		if got := c.in.tuned(gpu.SoftwareTarget); got != c.software {
			t.Errorf("%+v in software: %+v", c.in, got)
		}
		if got := c.in.tuned(gpu.GPUTarget); got != c.gpus {
			t.Errorf("%+v on a GPU: %+v", c.in, got)
		}
	}
}
