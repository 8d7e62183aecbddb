package weights

import (
	"fmt"
	"strings"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// A plan is a model whose values are still in the file.
type plan struct {
	*located
	model    Model
	networks []matched
	center   *stored
	partial  bool
}

// plan finds out whether the file is a model, before a value of it is read. Where it is none, the plan holds what could
// be found out.
func (l *located) plan(partial bool) (*plan, error) {
	defaults := settings.DefaultConfig()
	p := &plan{located: l, model: Model{File: l.path, Mean: defaults.Mean, Std: defaults.Std}, partial: partial}
	s := sortOut(l.tensors)
	p.model.Format = l.format(s)
	for _, n := range s.networks {
		if what := otherModel(n); what != "" {
			return p, fmt.Errorf("%s looks like %s", l.path, what)
		}
	}
	if l.beside != nil {
		return p, l.beside
	}
	f := l.facts
	said, err := metaFacts(l.meta)
	if err != nil {
		return p, fmt.Errorf("%s: its metadata: %w", l.path, err)
	}
	f.add(said)
	if f.mean != nil {
		p.model.Mean = *f.mean
	}
	if f.std != nil {
		p.model.Std = *f.std
	}
	if l.run != nil {
		p.model.ViT = l.run.ViT()
	} else if p.model.ViT, err = sizeOf(s.networks[0], f, partial); err != nil {
		if s.training && !s.has(ofViT) {
			err = fmt.Errorf("%w; it looks like a training checkpoint of another program: export its backbone's state_dict by itself", err)
		}
		return p, fmt.Errorf("%s %w", l.path, err)
	}
	if err := settings.CheckBackbone(p.model.ViT, p.model.Mean, p.model.Std); err != nil {
		return p, fmt.Errorf("%s: %w", l.path, err)
	}
	if l.config != nil {
		if err := l.config.check(p.model.ViT); err != nil {
			return p, err
		}
	}
	for _, n := range s.networks {
		m, err := match(n, p.model.ViT)
		if err != nil {
			return p, fmt.Errorf("%s %w", l.path, err)
		}
		p.networks = append(p.networks, m)
		if len(m.faults) > 0 && !partial {
			return p, fmt.Errorf("%s is not the backbone of width %d and %d blocks that it begins as: %s; name another file, or set `partial` to take what fits",
				p.named(m), p.model.ViT.Dim, p.model.ViT.Depth, strings.Join(m.faults, "; "))
		}
	}
	p.center = s.center
	return p, p.bounded()
}

// named is the file, and the network where it holds several.
func (p *plan) named(m matched) string {
	if len(p.networks) > 1 || p.run != nil || m.role == RoleStudent {
		return p.path + ", " + m.role
	}
	return p.path
}

// bounded holds what will be read, and what is made up beside it, against the file's size: tensors of a .pth may share
// bytes, and a few small ones may stand for a huge network.
func (p *plan) bounded() error {
	stored, fresh := uint64(0), uint64(0)
	for _, m := range p.networks {
		fresh += uint64(m.fresh)
		for _, s := range m.backbone {
			if len(s.parts) > 0 {
				stored += uint64(s.param.Len())
			}
		}
		for _, h := range m.head {
			n, ok := elementsOf(h.shape)
			if !ok {
				return fmt.Errorf("%s: tensor %s has the shape %v, which no memory holds", p.path, h.of, h.shape)
			}
			stored += n
		}
	}
	if stored > p.size/2+1<<18 { // of the smallest type that is read, 2 bytes, with room for a tiny file
		return fmt.Errorf("%s has %d bytes, and its tensors would be %d values: they share bytes as no network does; export it again", p.path, p.size, stored)
	}
	if 4*fresh > p.size {
		return fmt.Errorf("%s holds less than half of the backbone of width %d and %d blocks that it begins as: name a file that holds more of it", p.path, p.model.ViT.Dim, p.model.ViT.Depth)
	}
	return nil
}

func elementsOf(shape []int) (uint64, bool) {
	dims := make([]uint64, len(shape))
	for i, d := range shape {
		dims[i] = uint64(d) // a negative one becomes too large
	}
	return elements(dims)
}
