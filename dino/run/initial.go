package run

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/layers"
)

// openInitial reads the weights that a new run begins with, where it does not begin with fresh ones.
func (r *Run) openInitial(context.Context) error {
	c, m := r.settings.Config, r.options.Initial
	r.options.Initial = nil
	if c.InitFrom == "" || r.from.hasState() { // a checkpoint has everything
		return nil
	}
	if m == nil {
		var err error
		if m, err = weights.Open(c.InitFrom, weights.Options{Partial: c.Partial, Notice: func(err error) { r.say("%v", err) }}); err != nil {
			return err
		}
	}
	initial, said, err := initialOf(c, m)
	if err != nil {
		return err
	}
	r.initial = &initial
	for _, sentence := range said {
		r.say("%s", sentence)
	}
	return nil
}

// initialOf takes what a run of c begins with out of m, and says what that is. Student and teacher begin as the networks of
// those names, or both as the only one. The head is taken where it is of the run's shape, and the center with it.
func initialOf(c settings.Config, m *weights.Model) (i dino.Initial, said []string, err error) {
	if err := c.CheckBackboneOf(m.File, m.ViT); err != nil {
		return i, nil, err
	}
	say := func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }
	if len(m.Networks) == 1 {
		say("begins with %s, a %s: student and teacher as its only network", m.File, m.Format)
	} else {
		say("begins with %s, a %s: student as its student, teacher as its teacher", m.File, m.Format)
	}
	if side, n := m.ViT.Side(), c.ViT().Side(); side != n {
		say("positions are resized from %d x %d to %d x %d patches", side, side, n, n)
	}
	heads, lacks := true, ""
	for _, role := range []struct {
		name string
		to   *[]layers.HostTensor
	}{{weights.RoleStudent, &i.Student}, {weights.RoleTeacher, &i.Teacher}} {
		n := networkFor(m, role.name)
		if err := layers.CheckFinite(slices.Concat(n.Backbone, n.Head)...); err != nil {
			return i, nil, fmt.Errorf("%s, %s: %w: name other weights with `init_from`", m.File, n.Role, err)
		}
		var err error
		if *role.to, err = backboneFor(c, m.ViT, n); err != nil {
			return i, nil, fmt.Errorf("%s: %w", m.File, err)
		}
		if why := otherHead(c, n.Head); why != "" {
			heads, lacks = false, why
		}
	}
	switch {
	case !heads:
		say("the head starts fresh: %s", lacks)
	case len(m.Center) != c.OutDim:
		say("the head is taken; the center starts at 0: the file has none")
	case layers.CheckFinite(layers.HostTensor{Name: "center", Values: m.Center}) != nil:
		return i, nil, fmt.Errorf("%s: its center is not finite: name other weights with `init_from`", m.File)
	default:
		say("the head and the center are taken")
		i.Center = m.Center
	}
	if heads {
		i.Student = append(i.Student, networkFor(m, weights.RoleStudent).Head...)
		i.Teacher = append(i.Teacher, networkFor(m, weights.RoleTeacher).Head...)
	}
	if c.Mean != m.Mean || c.Std != m.Std {
		say("advice: the weights expect images of mean %s and deviation %s: set `mean` %[1]s `std` %[2]s", settings.Text(m.Mean), settings.Text(m.Std))
	}
	return i, said, nil
}

// networkFor is the network of that role, or the first.
func networkFor(m *weights.Model, role string) weights.Network {
	if n, err := m.Network(role); err == nil {
		return n
	}
	return m.Networks[0]
}

// backboneFor are a network's tensors under the names of the layout, with positions for the run's global crops.
func backboneFor(c settings.Config, v layers.ViTConfig, n weights.Network) ([]layers.HostTensor, error) {
	tensors := slices.Clone(n.Backbone)
	for k := range tensors {
		t := &tensors[k]
		if side := c.ViT().Side(); t.Name == "pos_embed" && side != v.Side() {
			var err error
			if t.Values, err = v.ResizePositions(t.Values, side, side); err != nil {
				return nil, err
			}
			t.Shape = []int{1, side*side + 1, v.Dim}
		}
		t.Name = settings.BackbonePrefix + t.Name
	}
	return tensors, nil
}

// otherHead says why a head is not of c's shape; empty: it is.
func otherHead(c settings.Config, head []layers.HostTensor) string {
	if len(head) == 0 {
		return "the file has none"
	}
	named := map[string]layers.HostTensor{}
	depth := 0
	for _, t := range head {
		named[t.Name] = t
		if strings.HasPrefix(t.Name, settings.HeadPrefix+"mlp.") && strings.HasSuffix(t.Name, "weight") {
			depth++
		}
	}
	if depth == 0 {
		return "the file's is of another kind"
	}
	if depth != c.HeadLayers {
		return fmt.Sprintf("the file's has %s, and `head_layers` is %d", settings.Count(depth, "layer"), c.HeadLayers)
	}
	l := &layers.Params{}
	c.Head().AddParams(l, settings.HeadPrefix)
	for _, p := range l.List {
		t, ok := named[p.Name]
		switch {
		case !ok:
			return "the file's lacks " + p.Name
		case !slices.Equal(t.Shape, p.Shape):
			return fmt.Sprintf("the file's %s is %v, and `out_dim` %d, `head_hidden` %d, `head_bottleneck` %d make it %v",
				p.Name, t.Shape, c.OutDim, c.HeadHidden, c.HeadBottleneck, p.Shape)
		case p.Frozen && slices.ContainsFunc(t.Values, func(g float32) bool { return g != 1 }):
			return "the file's prototypes have lengths of their own, and `norm_last_layer` keeps all at 1"
		}
	}
	if len(named) != len(l.List) {
		return fmt.Sprintf("the file's has %d tensors, the run's %d", len(named), len(l.List))
	}
	return ""
}
