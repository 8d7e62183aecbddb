package tuning

import (
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
)

// Forcing changes matmuls alone: attention stays the adapter's own.
func TestForcedMatmulsKeepTheAttention(t *testing.T) {
	gpuDevice := &gpu.Device{Adapter: gpu.Adapter{Kind: "discrete"}}
	dx12 := &gpu.Device{Adapter: gpu.Adapter{Kind: "discrete", Backend: "d3d12"}}
	software := &gpu.Device{Adapter: gpu.Adapter{Kind: "software", Software: true}}
	for _, matmul := range []gpu.Matmul{gpu.Tile, gpu.Register, gpu.Texel} {
		for device, want := range map[*gpu.Device]gpu.Attention{gpuDevice: gpu.TileAttention, dx12: gpu.TexelAttention, software: gpu.TexelAttention} {
			got := Forced(device, string(matmul))
			if got.Matmul != matmul || got.Attention != want || got.Software != device.Adapter.Software {
				t.Errorf("%s on a %s adapter records %+v", matmul, device.Adapter.Kind, got)
			}
		}
	}
}
