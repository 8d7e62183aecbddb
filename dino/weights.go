package dino

import (
	"fmt"
	"strings"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// checkSaved refuses tensors that are not finite: what is saved has to be worth going on from.
func checkSaved(tensors ...layers.HostTensor) error {
	if err := layers.CheckFinite(tensors...); err != nil {
		return fmt.Errorf("%w, so it is not saved: start a new run with a lower --lr", err)
	}
	return nil
}

// cutPrefix parts tensors into those whose names have the prefix, under their names without it, and the rest.
func cutPrefix(tensors []layers.HostTensor, prefix string) (with, rest []layers.HostTensor) {
	for _, t := range tensors {
		name, ok := strings.CutPrefix(t.Name, prefix)
		if !ok {
			rest = append(rest, t)
			continue
		}
		t.Name = name
		with = append(with, t)
	}
	return with, rest
}

// WriteTeacher writes the teacher's backbone as safetensors, under the names of the released weights, which timm
// loads as they are; its metadata says what OpenWeights cannot see in the shapes.
func (t *Trainer) WriteTeacher(path string) error {
	all, err := t.Teacher.Read(t.device)
	if err != nil {
		return err
	}
	backbone, _ := cutPrefix(all, settings.BackbonePrefix)
	if err := checkSaved(backbone...); err != nil {
		return err
	}
	return WriteSafetensors(path, backbone, backboneMetadata(t.Config))
}

// NewWeights draws fresh weights of c on d, as a run with c's seed begins with.
func NewWeights(d *gpu.Device, c settings.Config) (*layers.Arena, error) {
	l := c.Layout()
	a := l.NewArena("fresh")
	if err := a.Write(d, InitialWeights(l, c.Seed)); err != nil {
		a.Release()
		return nil, err
	}
	return a, nil
}
