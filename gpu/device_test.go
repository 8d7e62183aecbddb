package gpu

import (
	"os"
	"testing"
)

// DX12 is opened with WebGPU's default limits, and the adapter tells no others; its programs are its own kind's.
func TestDX12TakesTheDefaultLimits(t *testing.T) {
	has := Limits{Binding: 2 << 30, Buffer: 8 << 30, WorkgroupMem: 32 << 10, Invocations: 1024, Storage: 64, Texture: 16384}
	dx12 := Adapter{Kind: "discrete", Backend: "d3d12", Limits: has}
	defaults := Limits{Binding: 128 << 20, Buffer: 256 << 20, WorkgroupMem: 16 << 10, Invocations: 256, Storage: 8, Texture: 8192}
	if dx12.required() != nil || dx12.opened() != defaults {
		t.Errorf("DX12 is asked for %+v and tells %+v", dx12.required(), dx12.opened())
	}
	if got := dx12.Target(); !got.DX12 || got.Matmul != Register || got.Attention != TexelAttention || got.Software {
		t.Errorf("DX12 records for %+v", got)
	}
	vulkan := Adapter{Kind: "discrete", Backend: "vulkan", Limits: has}
	vulkan.limits.MaxBufferSize = 8 << 30
	if got := vulkan.required(); got == nil || got.Limits.MaxBufferSize != 8<<30 || vulkan.opened() != has {
		t.Errorf("Vulkan is asked for %+v and tells %+v", got, vulkan.opened())
	}
	if got := vulkan.Target(); got.DX12 || got.Matmul != Tile || got.Attention != TileAttention {
		t.Errorf("Vulkan records for %+v", got)
	}
	if software := (Adapter{Backend: "d3d12", Software: true}).Target(); !software.Software {
		t.Errorf("software records for %+v", software)
	}
}

// A device that closes with an upload under way leaves nothing to the next one: wgpu would end the process.
func TestCloseAfterAnUpload(t *testing.T) {
	for range 3 {
		d, err := Open(os.Getenv("DINOGPU_ADAPTER"))
		if err != nil {
			t.Fatal(err)
		}
		x := NewTensor("x", 4)
		if err := d.Write(x, []float32{1, 2, 3, 4}); err != nil {
			t.Fatal(err)
		}
		Release(x)
		d.Close()
	}
}
