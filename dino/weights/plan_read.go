package weights

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/layers"
)

// read reads the values.
func (p *plan) read(notice func(error)) (*Model, error) {
	w := p.model
	for _, m := range p.networks {
		n := Network{Role: m.role}
		for _, s := range m.backbone {
			t, err := p.fill(s)
			if err != nil {
				return nil, err
			}
			t.Name = strings.TrimPrefix(t.Name, settings.BackbonePrefix)
			n.Backbone = append(n.Backbone, t)
		}
		for _, h := range m.head {
			values, err := h.values()
			if err != nil {
				return nil, err
			}
			n.Head = append(n.Head, layers.HostTensor{Name: h.of, Shape: h.shape, Values: values})
		}
		if len(m.faults) > 0 {
			notice(fmt.Errorf("%s was taken in part, %d of its backbone's %d tensors: %s; what is missing or of another shape starts as in a fresh network",
				p.named(m), m.taken, len(m.backbone), strings.Join(m.faults, "; ")))
		}
		w.Networks = append(w.Networks, n)
	}
	var err error
	w.Center, err = p.readCenter(notice)
	return &w, err
}

// fill reads a parameter's values, or draws them.
func (p *plan) fill(s slot) (layers.HostTensor, error) {
	t := layers.HostTensor{Name: s.param.Name, Shape: s.param.Shape}
	switch len(s.parts) {
	case 0:
		return s.param.Fresh(0), nil
	case 1:
		values, err := s.parts[0].values()
		t.Values = values
		return t, err
	}
	for _, third := range s.parts {
		values, err := third.values()
		if err != nil {
			return t, err
		}
		t.Values = append(slices.Grow(t.Values, s.param.Len()-len(t.Values)), values...)
	}
	return t, nil
}

// readCenter reads the loss's center where it belongs to the networks' prototypes.
func (p *plan) readCenter(notice func(error)) ([]float32, error) {
	if p.center == nil {
		return nil, nil
	}
	prototypes := 0
	for _, h := range p.networks[0].head {
		if h.of == settings.HeadPrefix+"last_layer.weight_v" && len(h.shape) > 0 {
			prototypes = h.shape[0]
		}
	}
	if n, ok := elementsOf(p.center.shape); !ok || prototypes == 0 || n != uint64(prototypes) {
		notice(fmt.Errorf("%s holds a center of shape %v for a head of %d prototypes: it is left out", p.path, p.center.shape, prototypes))
		return nil, nil
	}
	return p.center.values()
}
