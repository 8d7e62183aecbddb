package dino

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// centerName is the center's among the tensors of a state.
const centerName = "center"

// A role is an arena of a trainer's state, and what stands before its tensors' names there.
type role struct {
	prefix string
	arena  *layers.Arena
}

func (t *Trainer) roles() []role {
	roles := []role{{"student.", t.Student}, {"teacher.", t.Teacher}}
	for i, m := range t.moments {
		roles = append(roles, role{momentName(i) + ".", m})
	}
	return roles
}

// State reads all that training needs to go on after Steps steps: both networks under "student." and "teacher.", the
// optimizer's moments under "moment1." and "moment2.", and the center (out_dim). It refuses tensors that are not finite
// with layers.ErrNotFinite in the chain. No step may be under way: call Finish first.
func (t *Trainer) State() ([]layers.HostTensor, error) {
	if len(t.pending) > 0 {
		panic("dino: a state is read while steps are under way: call Finish first")
	}
	var tensors []layers.HostTensor
	for _, r := range t.roles() {
		part, err := r.arena.Read(t.device)
		if err != nil {
			return nil, err
		}
		for i := range part {
			part[i].Name = r.prefix + part[i].Name
		}
		if err := worthSaving(part...); err != nil {
			return nil, err
		}
		tensors = append(tensors, part...)
	}
	values, err := t.Center()
	if err != nil {
		return nil, err
	}
	center := layers.HostTensor{Name: centerName, Shape: t.loss.Center.Shape, Values: values}
	if err := worthSaving(center); err != nil {
		return nil, err
	}
	return append(tensors, center), nil
}

// Center reads the center (K) of the teacher's logits, as it is after the last step that was submitted.
func (t *Trainer) Center() ([]float32, error) {
	values := make([]float32, t.loss.Center.Len())
	return values, t.device.Read(t.loss.Center, values)
}

// StateLayout is the names and shapes of what State reads.
func (t *Trainer) StateLayout() []layers.HostTensor {
	var tensors []layers.HostTensor
	for _, r := range t.roles() {
		for _, p := range t.Layout.List {
			tensors = append(tensors, layers.HostTensor{Name: r.prefix + p.Name, Shape: p.Shape})
		}
	}
	return append(tensors, layers.HostTensor{Name: centerName, Shape: t.loss.Center.Shape})
}

// Restore takes the tensors of a State that was read after that many steps. The trainer must be built, of the
// configuration that the state is of.
func (t *Trainer) Restore(steps int, tensors []layers.HostTensor) error {
	for _, r := range t.roles() {
		var own []layers.HostTensor
		own, tensors = cutPrefix(tensors, r.prefix)
		if err := r.arena.Write(t.device, own); err != nil {
			return fmt.Errorf("the checkpoint's %s: %w", strings.TrimSuffix(r.prefix, "."), err)
		}
	}
	found := false
	for _, x := range tensors {
		if found || x.Name != centerName || !slices.Equal(x.Shape, t.loss.Center.Shape) {
			return fmt.Errorf("the checkpoint's tensor %s %v does not belong to this model", x.Name, x.Shape)
		}
		if err := t.device.Write(t.loss.Center, x.Values); err != nil {
			return err
		}
		found = true
	}
	if !found {
		return errors.New("the checkpoint lacks the tensor center")
	}
	t.step = steps
	return nil
}

// Steps is how many optimizer steps the trainer has done.
func (t *Trainer) Steps() int { return t.step }

// Matmul names the matmul and attention variants in use: others round differently.
func (t *Trainer) Matmul() string { return layers.FormatMatmul(t.crops.Target) }

// TeacherBackbone reads the teacher's backbone, under the names of the released weights. It refuses tensors that are
// not finite.
func (t *Trainer) TeacherBackbone() ([]layers.HostTensor, error) {
	all, err := t.Teacher.Read(t.device)
	if err != nil {
		return nil, err
	}
	backbone, _ := cutPrefix(all, settings.BackbonePrefix)
	return backbone, worthSaving(backbone...)
}

// worthSaving refuses tensors that are not finite: what is saved has to be worth going on from.
func worthSaving(tensors ...layers.HostTensor) error {
	if err := layers.CheckFinite(tensors...); err != nil {
		return fmt.Errorf("%w, so it is not saved: start a new run with a lower lr", err)
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

// FreshWeights draws weights of c on d, as a run with c's seed begins with. The caller releases them.
func FreshWeights(d *gpu.Device, c settings.Config) (*layers.Arena, error) {
	l := c.Layout()
	a := l.NewArena("fresh")
	if err := a.Write(d, l.Fresh(c.Seed)); err != nil {
		a.Release()
		return nil, err
	}
	return a, nil
}
