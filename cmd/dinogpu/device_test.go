package main

import (
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
)

func TestAdapterLineNamesIndexBackendAndDriver(t *testing.T) {
	for _, c := range []struct {
		adapter gpu.Adapter
		want    string
	}{
		{gpu.Adapter{Index: 1, Name: "GTX 1080", Backend: "d3d12", Driver: "31.0.15"}, "adapter 1: GTX 1080, d3d12, driver 31.0.15"},
		{gpu.Adapter{Name: "llvmpipe", Backend: "vulkan", Driver: "llvmpipe", Software: true}, "adapter 0: llvmpipe, vulkan: software, which works but is slow"},
	} {
		if got := adapterLine(c.adapter); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
