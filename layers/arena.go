package layers

import (
	"errors"
	"fmt"
	"slices"

	"github.com/dinogpu/dinogpu/gpu"
)

// An Arena holds one value for each parameter of a layout, in one or a few flat tensors.
type Arena struct {
	Layout *Params
	Parts  []gpu.Tensor

	named map[string]gpu.Tensor
}

// NewArena names an arena's tensors.
func (l *Params) NewArena(role string) *Arena {
	a := &Arena{Layout: l, named: map[string]gpu.Tensor{}}
	for i, n := range l.Parts {
		a.Parts = append(a.Parts, gpu.NewTensor(fmt.Sprintf("%s.%d", role, i), n))
	}
	for _, p := range l.List {
		a.named[p.Name] = a.Parts[p.Part].Slice(role+"."+p.Name, p.Offset, p.Shape...)
	}
	return a
}

// Tensor returns the parameter of that name. It panics if the layout has none: that is a programmer's mistake.
func (a *Arena) Tensor(name string) gpu.Tensor {
	t, ok := a.named[name]
	if !ok {
		panic("layers: no parameter " + name)
	}
	return t
}

// Release gives the arena's memory back.
func (a *Arena) Release() { gpu.Release(a.Parts...) }

// Read copies the arena from d, in the order and under the names of its layout; only those of its parameters where any are
// named.
func (a *Arena) Read(d *gpu.Device, of ...Param) ([]HostTensor, error) {
	if of == nil {
		of = a.Layout.List
	}
	tensors := make([]HostTensor, len(of))
	for i, p := range of {
		var err error
		if tensors[i], err = a.read(d, p); err != nil {
			return nil, err
		}
	}
	return tensors, nil
}

func (a *Arena) read(d *gpu.Device, p Param) (HostTensor, error) {
	t := HostTensor{Name: p.Name, Shape: p.Shape, Values: make([]float32, p.Len())}
	return t, d.Read(a.named[p.Name], t.Values)
}

// Write copies tensors to d, each to the parameter of its name, and leaves the padding between them as it is. They
// have to be exactly the layout's, or those of its parameters that are named: one that is unknown, missing, there twice or of another shape is an error that names
// it, and nothing is written.
func (a *Arena) Write(d *gpu.Device, tensors []HostTensor, of ...Param) error {
	if of == nil {
		of = a.Layout.List
	}
	if err := match(of, tensors); err != nil {
		return err
	}
	return a.Overwrite(d, tensors)
}

// Overwrite copies tensors to d, each to the parameter of its name; the others stay as they are. A tensor that is no
// parameter's is an error that names it, and nothing is written.
func (a *Arena) Overwrite(d *gpu.Device, tensors []HostTensor) error {
	for _, t := range tensors {
		if p, ok := a.named[t.Name]; !ok || !slices.Equal(p.Shape, t.Shape) || len(t.Values) != p.Len() {
			return fmt.Errorf("the tensor %s %v does not belong to this model", t.Name, t.Shape)
		}
	}
	for _, t := range tensors {
		if err := d.Write(a.named[t.Name], t.Values); err != nil {
			return err
		}
	}
	return nil
}

// match returns an error if tensors are not exactly those of list.
func match(list []Param, tensors []HostTensor) error {
	missing := make(map[string]Param, len(list))
	for _, p := range list {
		missing[p.Name] = p
	}
	seen := make(map[string]bool, len(list))
	for _, t := range tensors {
		p, ok := missing[t.Name]
		switch {
		case seen[t.Name]:
			return fmt.Errorf("the tensor %s is there twice", t.Name)
		case !ok:
			return fmt.Errorf("the tensor %s %v does not belong to this model", t.Name, t.Shape)
		case !slices.Equal(t.Shape, p.Shape):
			return fmt.Errorf("the tensor %s has the shape %v, this model's has %v", t.Name, t.Shape, p.Shape)
		case len(t.Values) != p.Len():
			return fmt.Errorf("the tensor %s %v has %d values", t.Name, t.Shape, len(t.Values))
		}
		seen[t.Name] = true
		delete(missing, t.Name)
	}
	for _, p := range list {
		if _, ok := missing[p.Name]; ok {
			return fmt.Errorf("the tensor %s %v is missing", p.Name, p.Shape)
		}
	}
	return nil
}

// FirstNotFinite names the first parameter of the layout that is not finite on d, "" if all are.
func (a *Arena) FirstNotFinite(d *gpu.Device) (string, error) {
	for _, p := range a.Layout.List {
		t, err := a.read(d, p)
		if err != nil {
			return "", err
		}
		if errors.Is(CheckFinite(t), ErrNotFinite) {
			return p.Name, nil
		}
	}
	return "", nil
}
