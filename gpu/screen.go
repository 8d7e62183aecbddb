package gpu

import (
	_ "embed"
	"errors"
	"fmt"
	"image"
	"reflect"

	"github.com/cogentcore/webgpu/wgpu"
)

//go:embed screen.wgsl
var screenText string

// A Screen shows images in a window. It has a queue of its own, so that what is shown does not wait for what is computed.
// It belongs to one goroutine.
type Screen struct {
	Adapter Adapter // which draws

	surface  *wgpu.Surface
	dev      *wgpu.Device
	queue    *wgpu.Queue
	format   wgpu.TextureFormat
	alpha    wgpu.CompositeAlphaMode
	layout   *wgpu.BindGroupLayout
	pipeline *wgpu.RenderPipeline

	w, h    int // of the window; 0: not configured
	texture *wgpu.Texture
	view    *wgpu.TextureView
	group   *wgpu.BindGroup
	size    image.Point // of the texture
}

// OpenScreen makes a screen of a window's surface, drawn by d's adapter if that one reaches the window and else by the best
// one that does. d may be nil.
func OpenScreen(window *wgpu.SurfaceDescriptor, d *Device) (*Screen, error) {
	s := &Screen{surface: instance().CreateSurface(window)}
	if err := s.open(d); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Screen) open(d *Device) error {
	all := Adapters()
	chosen := -1
	for i, a := range all {
		same := d != nil && a.Name == d.Adapter.Name && a.Backend == d.Adapter.Backend
		if (chosen < 0 || same) && len(s.surface.GetCapabilities(a.handle).Formats) > 0 {
			chosen = i
		}
	}
	for i, a := range all {
		if i != chosen {
			a.handle.Release()
		}
	}
	if chosen < 0 {
		return errors.New("no adapter can draw in a window of this display; save the images to files instead")
	}
	s.Adapter = all[chosen]
	can := s.surface.GetCapabilities(s.Adapter.handle)
	s.format, s.alpha = plainFormat(can.Formats), can.AlphaModes[0]
	var err error
	s.dev, err = s.Adapter.handle.RequestDevice(&wgpu.DeviceDescriptor{Label: "dinogpu window", RequiredLimits: s.Adapter.required()})
	if err != nil {
		return fmt.Errorf("adapter %s (%s) did not open for the window: %w", s.Adapter.Name, s.Adapter.Backend, err)
	}
	s.queue = s.dev.GetQueue()
	if err := s.compile(); err != nil {
		return fmt.Errorf("window: its shader did not compile on %s: %w", s.Adapter.Name, err)
	}
	return nil
}

// plainFormat takes a format that stores bytes as they are, where there is one.
func plainFormat(formats []wgpu.TextureFormat) wgpu.TextureFormat {
	for _, f := range formats {
		if f == wgpu.TextureFormatBGRA8Unorm || f == wgpu.TextureFormatRGBA8Unorm {
			return f
		}
	}
	return formats[0]
}

func (s *Screen) compile() error {
	module, err := s.dev.CreateShaderModule(&wgpu.ShaderModuleDescriptor{
		Label: "screen", WGSLDescriptor: &wgpu.ShaderModuleWGSLDescriptor{Code: screenText},
	})
	if err != nil {
		return err
	}
	defer module.Release()
	s.layout, err = s.dev.CreateBindGroupLayout(&wgpu.BindGroupLayoutDescriptor{
		Label: "screen", Entries: []wgpu.BindGroupLayoutEntry{{
			Binding: 0, Visibility: wgpu.ShaderStageFragment,
			Texture: wgpu.TextureBindingLayout{SampleType: wgpu.TextureSampleTypeUnfilterableFloat, ViewDimension: wgpu.TextureViewDimension2D},
		}},
	})
	if err != nil {
		return err
	}
	pipelines, err := s.dev.CreatePipelineLayout(&wgpu.PipelineLayoutDescriptor{Label: "screen", BindGroupLayouts: []*wgpu.BindGroupLayout{s.layout}})
	if err != nil {
		return err
	}
	defer pipelines.Release()
	fragment := "fragment"
	if s.format == wgpu.TextureFormatBGRA8UnormSrgb || s.format == wgpu.TextureFormatRGBA8UnormSrgb {
		fragment = "fragment_linear"
	}
	s.pipeline, err = s.dev.CreateRenderPipeline(&wgpu.RenderPipelineDescriptor{
		Label: "screen", Layout: pipelines,
		Vertex:      wgpu.VertexState{Module: module, EntryPoint: "vertex"},
		Primitive:   wgpu.PrimitiveState{Topology: wgpu.PrimitiveTopologyTriangleList, FrontFace: wgpu.FrontFaceCCW, CullMode: wgpu.CullModeNone},
		Multisample: wgpu.MultisampleState{Count: 1, Mask: 0xFFFFFFFF},
		Fragment: &wgpu.FragmentState{Module: module, EntryPoint: fragment, Targets: []wgpu.ColorTargetState{
			{Format: s.format, Blend: &wgpu.BlendStateReplace, WriteMask: wgpu.ColorWriteMaskAll},
		}},
	})
	return err
}

// Most is the largest side, in pixels, of a window and of an image that can be shown.
func (s *Screen) Most() int { return s.Adapter.Limits.Texture }

// Resize says how large the window is now, in pixels. A window without a pixel, as a minimized one is, shows nothing.
func (s *Screen) Resize(w, h int) {
	s.w, s.h = min(max(0, w), s.Most()), min(max(0, h), s.Most())
	if s.w == 0 || s.h == 0 { // to configure it so would end the process
		s.w, s.h = 0, 0
		return
	}
	s.surface.Configure(s.Adapter.handle, s.dev, &wgpu.SurfaceConfiguration{
		Usage: wgpu.TextureUsageRenderAttachment, Format: s.format, Width: uint32(s.w), Height: uint32(s.h),
		PresentMode: wgpu.PresentModeFifo, AlphaMode: s.alpha, // the one mode that every system has
	})
}

// Show shows an image, its top left corner in the window's. What does not fit is cut off.
func (s *Screen) Show(im *image.RGBA) error {
	if s.w == 0 {
		return nil
	}
	if err := s.upload(im); err != nil {
		return fmt.Errorf("window: %w", err)
	}
	return s.Again()
}

// Again shows the last image once more, in a window that lost it or changed its size.
func (s *Screen) Again() error {
	if s.w == 0 || s.group == nil {
		return nil
	}
	frame, err := s.frame()
	if err != nil || frame == nil {
		return err // without a frame the window is changing: its next event shows again
	}
	if err := s.draw(frame); err != nil {
		return fmt.Errorf("window: %w", err)
	}
	s.surface.Present()
	return nil
}

// upload puts the image into the texture, which is made anew where the size changed.
func (s *Screen) upload(im *image.RGBA) error {
	size := im.Bounds().Size()
	size = image.Pt(min(size.X, s.Most()), min(size.Y, s.Most()))
	if size.X < 1 || size.Y < 1 {
		return errors.New("an image without pixels cannot be shown")
	}
	if size != s.size {
		if err := s.newTexture(size); err != nil {
			return err
		}
	}
	extent := &wgpu.Extent3D{Width: uint32(size.X), Height: uint32(size.Y), DepthOrArrayLayers: 1}
	return s.queue.WriteTexture(s.texture.AsImageCopy(), im.Pix[:im.Stride*(size.Y-1)+4*size.X],
		&wgpu.TextureDataLayout{BytesPerRow: uint32(im.Stride), RowsPerImage: uint32(size.Y)}, extent)
}

func (s *Screen) newTexture(size image.Point) error {
	s.releaseTexture()
	var err error
	s.texture, err = s.dev.CreateTexture(&wgpu.TextureDescriptor{
		Label: "screen", Usage: wgpu.TextureUsageTextureBinding | wgpu.TextureUsageCopyDst, Dimension: wgpu.TextureDimension2D,
		Size:   wgpu.Extent3D{Width: uint32(size.X), Height: uint32(size.Y), DepthOrArrayLayers: 1},
		Format: wgpu.TextureFormatRGBA8Unorm, MipLevelCount: 1, SampleCount: 1,
	})
	if err != nil {
		return err
	}
	if s.view, err = s.texture.CreateView(nil); err != nil {
		return err
	}
	s.group, err = s.dev.CreateBindGroup(&wgpu.BindGroupDescriptor{
		Label: "screen", Layout: s.layout, Entries: []wgpu.BindGroupEntry{{Binding: 0, TextureView: s.view}},
	})
	if err == nil {
		s.size = size
	}
	return err
}

// frame is the window's next image, or nil where the surface is out of date even after it was configured again.
func (s *Screen) frame() (*wgpu.Texture, error) {
	for range 2 {
		frame, err := s.surface.GetCurrentTexture()
		if err != nil {
			return nil, fmt.Errorf("window: %w", err)
		}
		if !empty(frame) {
			return frame, nil // never released: it is the surface's
		}
		s.Resize(s.w, s.h)
	}
	return nil, nil
}

// empty tells whether the binding gave a texture without one inside: so it hides that a surface is out of date or lost.
func empty(t *wgpu.Texture) bool {
	return reflect.ValueOf(t).Elem().FieldByName("ref").IsNil()
}

func (s *Screen) draw(frame *wgpu.Texture) error {
	view, err := frame.CreateView(nil)
	if err != nil {
		return err
	}
	defer view.Release()
	encoder, err := s.dev.CreateCommandEncoder(nil)
	if err != nil {
		return err
	}
	defer encoder.Release()
	pass := encoder.BeginRenderPass(&wgpu.RenderPassDescriptor{ColorAttachments: []wgpu.RenderPassColorAttachment{
		{View: view, LoadOp: wgpu.LoadOpClear, StoreOp: wgpu.StoreOpStore},
	}})
	pass.SetPipeline(s.pipeline)
	pass.SetBindGroup(0, s.group, nil)
	pass.Draw(3, 1, 0, 0)
	err = pass.End()
	pass.Release()
	if err != nil {
		return err
	}
	commands, err := encoder.Finish(nil)
	if err != nil {
		return err
	}
	defer commands.Release()
	s.queue.Submit(commands)
	return nil
}

func (s *Screen) releaseTexture() {
	s.size = image.Point{}
	if s.group != nil {
		s.group.Release()
	}
	if s.view != nil {
		s.view.Release()
	}
	if s.texture != nil {
		s.texture.Release()
	}
	s.group, s.view, s.texture = nil, nil, nil
}

// Close gives everything back. The window is closed after it.
func (s *Screen) Close() {
	s.releaseTexture()
	if s.pipeline != nil {
		s.pipeline.Release()
	}
	if s.layout != nil {
		s.layout.Release()
	}
	s.surface.Release()
	if s.queue != nil {
		s.queue.Release()
	}
	if s.dev != nil {
		s.dev.Release()
	}
	if s.Adapter.handle != nil {
		s.Adapter.handle.Release()
	}
}
