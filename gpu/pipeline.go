package gpu

import (
	"fmt"
	"strings"

	"github.com/cogentcore/webgpu/wgpu"
)

// pipeline is a compiled kernel with its layout.
type pipeline struct {
	raw    *wgpu.ComputePipeline
	layout *wgpu.BindGroupLayout
	whole  *wgpu.PipelineLayout
	ran    bool // at least once: compiled for sure
}

// pipeline compiles k once. The layout is explicit, from the source's own bindings. d.mu is held.
func (d *Device) pipeline(k Kernel) (*pipeline, error) {
	if p := d.pipelines[k.Source]; p != nil {
		return p, nil
	}
	var entries []wgpu.BindGroupLayoutEntry
	for i, b := range k.facts().bindings {
		e := wgpu.BindGroupLayoutEntry{Binding: uint32(i), Visibility: wgpu.ShaderStageCompute}
		switch b.access {
		case readOnly:
			e.Buffer.Type = wgpu.BufferBindingTypeReadOnlyStorage
		case readWrite:
			e.Buffer.Type = wgpu.BufferBindingTypeStorage
		case uniform:
			e.Buffer.Type = wgpu.BufferBindingTypeUniform
		case texel:
			e.Texture = wgpu.TextureBindingLayout{SampleType: wgpu.TextureSampleTypeUnfilterableFloat, ViewDimension: wgpu.TextureViewDimension2D}
		case sampler:
			e.Sampler.Type = wgpu.SamplerBindingTypeNonFiltering
		}
		entries = append(entries, e)
	}
	layout, err := d.dev.CreateBindGroupLayout(&wgpu.BindGroupLayoutDescriptor{Label: k.Name, Entries: entries})
	if err != nil {
		return nil, fmt.Errorf("kernel %s: %w", k.Name, err)
	}
	whole, err := d.dev.CreatePipelineLayout(&wgpu.PipelineLayoutDescriptor{Label: k.Name, BindGroupLayouts: []*wgpu.BindGroupLayout{layout}})
	if err != nil {
		return nil, fmt.Errorf("kernel %s: %w", k.Name, err)
	}
	module, err := d.dev.CreateShaderModule(&wgpu.ShaderModuleDescriptor{Label: k.Name, WGSLDescriptor: &wgpu.ShaderModuleWGSLDescriptor{Code: k.Source}})
	if err != nil {
		return nil, fmt.Errorf("kernel %s does not compile: %w\n%s", k.Name, err, numbered(k.Source))
	}
	defer module.Release()
	raw, err := d.dev.CreateComputePipeline(&wgpu.ComputePipelineDescriptor{
		Label: k.Name, Layout: whole,
		Compute: wgpu.ProgrammableStageDescriptor{Module: module, EntryPoint: "main"},
	})
	if err != nil {
		return nil, fmt.Errorf("kernel %s does not compile on %s: %w", k.Name, d.Adapter.Name, err)
	}
	p := &pipeline{raw: raw, layout: layout, whole: whole}
	d.pipelines[k.Source] = p
	return p, nil
}

func (p *pipeline) release() {
	p.raw.Release()
	p.whole.Release()
	p.layout.Release()
}

// numbered shows the first lines of a source with the numbers that the compiler's message uses.
func numbered(source string) string {
	var b strings.Builder
	for i, line := range strings.Split(source, "\n") {
		if i == 400 {
			break
		}
		fmt.Fprintf(&b, "%4d %s\n", i+1, line)
	}
	return b.String()
}
