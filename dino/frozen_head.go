package dino

import (
	"fmt"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// A FrozenHead runs the projection head of a network that stays as it is, over features of its backbone. Its methods are
// not for several goroutines at once.
type FrozenHead struct {
	d       *gpu.Device
	program *gpu.Program
	input   gpu.Tensor // (batch, Dim)
	logits  gpu.Tensor // (batch, K)
}

// headBytes bounds the logits that are made at once.
const headBytes = 32 << 20

// NewFrozenHead builds the head of c with these weights, those of a Trainer's network, which have to outlive it.
func NewFrozenHead(d *gpu.Device, target gpu.Target, c settings.Config, weights *layers.Arena) (*FrozenHead, error) {
	batch := min(128, max(1, headBytes/(4*c.OutDim)))
	p := gpu.NewProgram("head", target)
	h := &FrozenHead{d: d, program: p, input: gpu.NewTensor("features", batch, c.Size().Dim)}
	prototypes := layers.NewPrototypes(settings.HeadPrefix, weights, nil, false)
	prototypes.Begin(p)
	y := layers.NewHead(c.Head(), settings.HeadPrefix, weights, nil, layers.Evaluating, false).Forward(p, h.input)
	h.logits = prototypes.Logits(p, y)
	p.Pin(h.logits)
	if err := p.Build(d); err != nil {
		h.Release()
		return nil, fmt.Errorf("head: %w", err)
	}
	return h, nil
}

// Logits gives what features (N, Dim) are to each of the K prototypes, a batch at a time: batch (n, K), without the center
// and the temperature. A batch is good until each returns.
func (h *FrozenHead) Logits(features []float32, each func(batch []float32) error) error {
	dim, rows := h.input.Cols(), h.input.Rows()
	if len(features)%dim != 0 {
		return fmt.Errorf("head: %d values are not features of %d", len(features), dim)
	}
	in, out := make([]float32, h.input.Len()), make([]float32, h.logits.Len())
	for at := 0; at < len(features); at += len(in) {
		n := copy(in, features[at:]) / dim
		if err := h.d.Write(h.input, in); err != nil {
			return err
		}
		if err := h.program.Run(); err != nil {
			return err
		}
		if err := h.program.Read(h.logits, out); err != nil {
			return err
		}
		if err := each(out[:n*(len(out)/rows)]); err != nil {
			return err
		}
	}
	return nil
}

// Release gives the head's memory back; the weights stay.
func (h *FrozenHead) Release() {
	h.program.Release()
	gpu.Release(h.input)
}
