package eval

import (
	"context"
	"fmt"
	"math"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

const (
	// propagationTemperature divides the cosines; the reference's.
	propagationTemperature = 0.1
	// blockSide is how many patches a block has on a side where memory allows.
	blockSide = 16
	// propagationBytes bounds what is held of a block's similarities, and the labels of one part of the classes.
	propagationBytes = 32 << 20
)

// propagationConfig says what is propagated.
type propagationConfig struct {
	H, W, Dim, Classes int // of the grid of patches, their features, and the labels with background

	LastFrames   int // context frames beside the first
	Neighborhood int // a patch looks at those at most so many rows and columns away; 0: at all
	TopK         int
}

// window is the largest block whose similarities stay within the bound, and what it looks at.
func (c propagationConfig) window() layers.Window {
	radius := c.Neighborhood
	if radius == 0 {
		radius = max(c.H, c.W)
	}
	for side := blockSide; ; side /= 2 {
		w := layers.NewWindow(c.H, c.W, radius, side)
		if side == 1 || 4*(c.LastFrames+1)*max(w.Stride, w.Patches()*w.Most(1)) <= propagationBytes {
			return w
		}
	}
}

// check finds what cannot be propagated.
func (c propagationConfig) check() error {
	if most := c.window().MaxTopK(c.LastFrames + 1); c.TopK > most {
		return fmt.Errorf("`topk` %d is too many: %d at most of the patches that one looks at; lower it, or `size_mask_neighborhood` or `n_last_frames`", c.TopK, most)
	}
	return nil
}

// A propagation carries the labels of a video's first frame on from frame to frame: each patch takes the labels of the
// patches most like it in the first frame and the last ones (the paper's section 4.2.2; the reference's
// eval_video_segmentation). Labels are soft: what is carried on is what came out, with no decision between.
type propagation struct {
	propagationConfig
	d      *gpu.Device
	window layers.Window
	stride int // of a patch's features on the device

	features []gpu.Tensor // of each context frame: (H*W, stride), of unit length; the first frame, then a ring
	labels   []gpu.Tensor // of a part of the classes each: (context frames, H*W, classes)
	frame    gpu.Tensor   // the features of the frame that is asked about
	out      []gpu.Tensor // of a part of the classes each: (H*W, classes)
	place    gpu.Tensor

	program  *gpu.Program // for as many context frames as
	contexts int
	seen     int // frames so far
}

func newPropagation(d *gpu.Device, c propagationConfig) (*propagation, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	p := &propagation{propagationConfig: c, d: d, window: c.window(), stride: ceil(c.Dim, 4) * 4, place: gpu.NewTensor("video.place", 4)}
	n, slots := c.H*c.W, c.LastFrames+1
	p.frame = gpu.NewTensor("video.frame", n, p.stride)
	for i := range slots {
		p.features = append(p.features, gpu.NewTensor(fmt.Sprintf("video.context%d", i), n, p.stride))
	}
	part := max(1, min(c.Classes, propagationBytes/(4*slots*n)))
	for first := 0; first < c.Classes; first += part {
		classes := min(part, c.Classes-first)
		p.labels = append(p.labels, gpu.NewTensor("video.labels", slots, n, classes))
		p.out = append(p.out, gpu.NewTensor("video.out", n, classes))
	}
	return p, nil
}

func (p *propagation) release() {
	if p.program != nil {
		p.program.Release()
	}
	gpu.Release(append(append(append([]gpu.Tensor{p.frame, p.place}, p.features...), p.labels...), p.out...)...)
}

// record builds the program of a block for so many context frames.
func (p *propagation) record(contexts int) error {
	if p.contexts == contexts {
		return nil
	}
	if p.program != nil {
		p.program.Release()
	}
	p.program, p.contexts = p.blockProgram(p.d.Target(), contexts), contexts
	return p.program.Build(p.d)
}

// blockProgram records what is done for a block.
func (p *propagation) blockProgram(target gpu.Target, contexts int) *gpu.Program {
	program := gpu.NewProgram("video", target)
	block := p.window.Block(program, p.frame, p.place)
	var around []gpu.Tensor
	for _, context := range p.features[:contexts] {
		around = append(around, p.window.Around(program, context, p.place))
	}
	kept := p.window.TopK(program, p.window.Similarities(program, block, around), p.place, p.TopK)
	for i, labels := range p.labels {
		p.window.Labels(program, kept, labels, p.place, p.out[i], propagationTemperature)
	}
	return program
}

// unit gives features (H*W, Dim) at unit length, padded to the stride.
func (p *propagation) unit(features []float32) ([]float32, error) {
	out := make([]float32, p.H*p.W*p.stride)
	for i := range p.H * p.W {
		row := out[i*p.stride : i*p.stride+p.Dim]
		copy(row, features[i*p.Dim:])
		toUnit(row)
		for _, v := range row {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				return nil, errNotFinite
			}
		}
	}
	return out, nil
}

// begin takes the first frame: features (H*W, Dim) and labels (H*W, Classes).
func (p *propagation) begin(features, labels []float32) error {
	unit, err := p.unit(features)
	if err != nil {
		return err
	}
	p.seen = 0
	return p.keep(unit, labels)
}

// keep makes the frame a context of those that follow.
func (p *propagation) keep(unit, labels []float32) error {
	slot := 0
	if p.seen > 0 && p.LastFrames > 0 {
		slot = 1 + (p.seen-1)%p.LastFrames
	}
	p.seen++
	if p.seen > 1 && slot == 0 {
		return nil // the first frame alone is looked at
	}
	if err := p.d.Write(p.features[slot], unit); err != nil {
		return err
	}
	first, n := 0, p.H*p.W
	for _, t := range p.labels {
		part := make([]float32, n*t.Cols())
		for i := range n {
			copy(part[i*t.Cols():(i+1)*t.Cols()], labels[i*p.Classes+first:])
		}
		if err := p.d.Write(t.Slice("slot", slot*len(part), len(part)), part); err != nil {
			return err
		}
		first += t.Cols()
	}
	return nil
}

// next gives the labels (H*W, Classes) of the frame that follows, of features (H*W, Dim).
func (p *propagation) next(ctx context.Context, features []float32) ([]float32, error) {
	unit, err := p.unit(features)
	if err != nil {
		return nil, err
	}
	if err := p.record(min(p.seen, p.LastFrames+1)); err != nil {
		return nil, err
	}
	if err := p.d.Write(p.frame, unit); err != nil {
		return nil, err
	}
	for _, place := range p.window.Places() {
		if err := p.d.WriteBits(p.place, place); err != nil {
			return nil, err
		}
		if err := p.program.RunContext(ctx); err != nil {
			return nil, err
		}
	}
	labels := make([]float32, p.H*p.W*p.Classes)
	first := 0
	for _, t := range p.out {
		part := make([]float32, t.Len())
		if err := p.d.Read(t, part); err != nil {
			return nil, err
		}
		for i := range p.H * p.W {
			copy(labels[i*p.Classes+first:], part[i*t.Cols():(i+1)*t.Cols()])
		}
		first += t.Cols()
	}
	return labels, p.keep(unit, labels)
}
