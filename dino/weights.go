package dino

import (
	"fmt"
	"strings"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// hostTensors reads an arena's parameters, those whose names keep says, under the names it gives. It refuses one
// that is not finite: what is saved has to be worth going on from.
func hostTensors(d *gpu.Device, a *layers.Arena, keep func(name string) (as string, ok bool)) ([]HostTensor, error) {
	var out []HostTensor
	for _, p := range a.Layout.List {
		as, ok := keep(p.Name)
		if !ok {
			continue
		}
		v := make([]float32, p.Len())
		if err := d.Read(a.Tensor(p.Name), v); err != nil {
			return nil, err
		}
		if i, ok := firstNotFinite(v); ok {
			return nil, fmt.Errorf("%s is %w (element %d is %g), so it is not saved: start a new run with a lower --lr", as, ErrNotFinite, i, v[i])
		}
		out = append(out, HostTensor{Name: as, Shape: p.Shape, Values: v})
	}
	return out, nil
}

// WriteTeacher writes the teacher's backbone as safetensors, under the names of the released weights, which timm
// loads as they are; its metadata says what OpenWeights cannot see in the shapes.
func (t *Trainer) WriteTeacher(path string) error {
	tensors, err := hostTensors(t.device, t.Teacher, func(name string) (string, bool) {
		return strings.CutPrefix(name, settings.BackbonePrefix)
	})
	if err != nil {
		return err
	}
	return WriteSafetensors(path, tensors, backboneMetadata(t.Config))
}

// NewWeights draws fresh weights of c on d, as a run with c's seed begins with.
func NewWeights(d *gpu.Device, c settings.Config) (*layers.Arena, error) {
	l := c.Layout()
	a := l.NewArena("fresh")
	if err := upload(d, a, InitialWeights(l, c.Seed)); err != nil {
		a.Release()
		return nil, err
	}
	return a, nil
}
