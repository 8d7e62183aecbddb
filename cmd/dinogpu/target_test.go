package main

import (
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// --matmul changes matmuls alone: attention stays the adapter's own.
func TestForcedMatmulsKeepTheAttention(t *testing.T) {
	gpuDevice := &gpu.Device{Adapter: gpu.Adapter{Kind: "discrete"}}
	software := &gpu.Device{Adapter: gpu.Adapter{Kind: "software", Software: true}}
	for _, matmul := range []gpu.Matmul{gpu.Tile, gpu.Register, gpu.Texel} {
		for device, want := range map[*gpu.Device]gpu.Attention{gpuDevice: gpu.TileAttention, software: gpu.TexelAttention} {
			got := targetOf(device, string(matmul))
			if got.Matmul != matmul || got.Attention != want || got.Software != device.Adapter.Software {
				t.Errorf("--matmul %s on a %s adapter records %+v", matmul, device.Adapter.Kind, got)
			}
		}
	}
}

// A run that goes on keeps the attention it had, which followed the matmuls in older checkpoints, and its matmuls unless
// others are asked for.
func TestResumeKeepsTheAttention(t *testing.T) {
	device := &gpu.Device{Adapter: gpu.Adapter{Software: true}}
	for _, c := range []struct {
		line, matmul string
		want         gpu.Target
		choices      int
	}{
		{"texel; texel 8x16: NT.5.8.8f", "auto", gpu.Target{Matmul: gpu.Texel, Attention: gpu.TexelAttention}, 1},
		{"tile", "tile", gpu.Target{Matmul: gpu.Tile, Attention: gpu.TileAttention}, 0},
		{"tile", "auto", gpu.Target{Matmul: gpu.Tile, Attention: gpu.TileAttention}, 0},
		{"register", "register", gpu.Target{Matmul: gpu.Register, Attention: gpu.TexelAttention}, 0},
		{"tile; attention texel", "tile", gpu.Target{Matmul: gpu.Tile, Attention: gpu.TexelAttention}, 0},
		{"tile; tile 128x64x8 8x4: NN.5.5.5", "texel", gpu.Target{Matmul: gpu.Texel, Attention: gpu.TileAttention}, 0},
	} {
		target, err := layers.ParseMatmul(c.line, gpu.Target{})
		if err != nil {
			t.Fatal(err)
		}
		from := &resumed{target: target, tensors: []layers.HostTensor{{}}}
		got, err := chooseTarget(t.Context(), device, settings.Run{Matmul: c.matmul, Tune: true}, nil, from, nil)
		if err != nil || got.Matmul != c.want.Matmul || got.Attention != c.want.Attention || !got.Software || len(got.Choices) != c.choices {
			t.Errorf("a run of %q goes on with --matmul %s as %+v: %v", c.line, c.matmul, got, err)
		}
	}
}

// A plan is for a GPU with the matmuls that are asked for, or for software where they are made for that.
func TestPlanTarget(t *testing.T) {
	for matmul, want := range map[string]gpu.Target{
		"auto":     gpu.GPUTarget,
		"tile":     gpu.GPUTarget,
		"register": {Matmul: gpu.Register, Attention: gpu.TileAttention},
		"texel":    gpu.SoftwareTarget,
	} {
		if got := planTarget(matmul); got.Matmul != want.Matmul || got.Attention != want.Attention || got.Software != want.Software {
			t.Errorf("--matmul %s is planned as %+v", matmul, got)
		}
	}
}
