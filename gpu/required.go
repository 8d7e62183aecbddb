package gpu

import "github.com/cogentcore/webgpu/wgpu"

// takesDefaults tells whether a device of this backend is opened with WebGPU's default limits. To ask for others, the binding
// (v0.23.0, RequestDevice) hands wgpu a struct whose maxNonSamplerBindings it never sets. DX12 alone goes by it: its heap of
// descriptors gets that size, none as a rule, and no bind group can be made.
func takesDefaults(backend string) bool { return backend == "d3d12" }

// required are the limits to open the adapter with: all that it has, or nil for the defaults.
func (a Adapter) required() *wgpu.RequiredLimits {
	if takesDefaults(a.Backend) {
		return nil
	}
	l := a.limits
	l.MaxPushConstantSize = 0 // the binding leaves garbage here
	l.MaxStorageBufferBindingSize = min(l.MaxStorageBufferBindingSize, 1<<32-1)
	return &wgpu.RequiredLimits{Limits: l}
}

// opened are the limits that a device of the adapter has.
func (a Adapter) opened() Limits {
	if !takesDefaults(a.Backend) || a.Missing != "" {
		return a.Limits
	}
	return Limits{
		Binding: defaultBinding, Buffer: defaultBuffer, WorkgroupMem: maxWorkgroupMem, Invocations: maxInvocations,
		Storage: maxStorage, Texture: maxTextureSide,
	}
}
