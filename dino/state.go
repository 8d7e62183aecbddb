package dino

import (
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
	of     []layers.Param // of its layout, those that it has
}

func (t *Trainer) roles() []role {
	var both []layers.Param
	for _, p := range t.Layout.List {
		if !p.StudentOnly {
			both = append(both, p)
		}
	}
	roles := []role{{"student.", t.Student, t.Layout.List}, {"teacher.", t.Teacher, both}}
	for i, m := range t.moments {
		roles = append(roles, role{momentName(i) + ".", m, t.Layout.List})
	}
	return roles
}

// State reads all that training needs to go on after Steps steps: both networks under "student." and "teacher.", the
// optimizer's moments under "moment1." and "moment2.", and what the method keeps, such as the center (out_dim). It refuses tensors that are not finite
// with layers.ErrNotFinite in the chain. No step may be under way: call Finish first.
func (t *Trainer) State() ([]layers.HostTensor, error) {
	if len(t.pending) > 0 {
		panic("dino: a state is read while steps are under way: call Finish first")
	}
	var tensors []layers.HostTensor
	for _, r := range t.roles() {
		part, err := r.arena.Read(t.device, r.of...)
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
	for _, k := range t.method.Kept() {
		x := layers.HostTensor{Name: k.Name, Shape: k.Tensor.Shape, Values: make([]float32, k.Tensor.Len())}
		if err := t.device.Read(k.Tensor, x.Values); err != nil {
			return nil, err
		}
		if err := worthSaving(x); err != nil {
			return nil, err
		}
		tensors = append(tensors, x)
	}
	return tensors, nil
}

// kept is what the method keeps under that name.
func (t *Trainer) kept(name string) (gpu.Tensor, bool) {
	for _, k := range t.method.Kept() {
		if k.Name == name {
			return k.Tensor, true
		}
	}
	return gpu.Tensor{}, false
}

// Center reads the center (K) of the teacher's logits, as it is after the last step that was submitted; nil: the method has
// none.
func (t *Trainer) Center() ([]float32, error) {
	center, ok := t.kept(centerName)
	if !ok {
		return nil, nil
	}
	values := make([]float32, center.Len())
	return values, t.device.Read(center, values)
}

// StateLayout is the names and shapes of what State reads.
func (t *Trainer) StateLayout() []layers.HostTensor {
	var tensors []layers.HostTensor
	for _, r := range t.roles() {
		for _, p := range r.of {
			tensors = append(tensors, layers.HostTensor{Name: r.prefix + p.Name, Shape: p.Shape})
		}
	}
	for _, k := range t.method.Kept() {
		tensors = append(tensors, layers.HostTensor{Name: k.Name, Shape: k.Tensor.Shape})
	}
	return tensors
}

// Restore takes the tensors of a State that was read after that many steps. The trainer must be built, of the
// configuration that the state is of.
func (t *Trainer) Restore(steps int, tensors []layers.HostTensor) error {
	for _, r := range t.roles() {
		var own []layers.HostTensor
		own, tensors = cutPrefix(tensors, r.prefix)
		if err := r.arena.Write(t.device, own, r.of...); err != nil {
			return fmt.Errorf("the checkpoint's %s: %w", strings.TrimSuffix(r.prefix, "."), err)
		}
	}
	found := map[string]bool{}
	for _, x := range tensors {
		kept, ok := t.kept(x.Name)
		if !ok || found[x.Name] || !slices.Equal(x.Shape, kept.Shape) {
			return fmt.Errorf("the checkpoint's tensor %s %v does not belong to this model", x.Name, x.Shape)
		}
		if err := t.device.Write(kept, x.Values); err != nil {
			return err
		}
		found[x.Name] = true
	}
	for _, k := range t.method.Kept() {
		if !found[k.Name] {
			return fmt.Errorf("the checkpoint lacks the tensor %s", k.Name)
		}
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
	l, err := Layout(c)
	if err != nil {
		return nil, err
	}
	a := l.NewArena("fresh")
	if err := a.Write(d, l.Fresh(c.Seed)); err != nil {
		a.Release()
		return nil, err
	}
	return a, nil
}
