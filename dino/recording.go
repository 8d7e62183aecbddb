package dino

import (
	"fmt"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// A Recording is what a method records a batch with: a program, and the networks' weights and crops. Crops go through a
// network in passes, those that lie side by side at once; rows are crop by crop, a row for each image.
type Recording struct {
	Program          *gpu.Program
	Student, Teacher *layers.Arena
	Gradients        *layers.Arena // of the student
	Batch            int           // images

	t        *Trainer
	headOnly bool
	shown    map[string]gpu.Tensor // that stay readable after a run; nil: none do
	inputs   map[int]layers.Input  // of the passes recorded so far
}

// recording is what a method records p with.
func (t *Trainer) recording(p *gpu.Program, headOnly bool) *Recording {
	return &Recording{
		Program: p, Student: t.Student, Teacher: t.Teacher, Gradients: t.gradients, Batch: t.Config.BatchSize,
		t: t, headOnly: headOnly, inputs: map[int]layers.Input{}, shown: t.shown,
	}
}

// Show keeps a tensor's last contents, for tests to read: the rows of several passes under one name, part by part.
func (r *Recording) Show(name string, part gpu.Tensor) {
	if r.shown != nil {
		r.shown[fmt.Sprintf("%s.%d", name, len(r.shown))] = r.Program.Pin(part)
	}
}

// A StudentPass is the student's backbone over the crops of one pass.
type StudentPass struct {
	First, Crops int // number of the pass's first crop, and how many there are

	pass int
	net  layers.Backbone
}

// StudentPasses are the passes of the student's crops, in their order.
func (r *Recording) StudentPasses() []*StudentPass {
	var passes []*StudentPass
	for i, x := range r.t.passes {
		if x[0].student {
			passes = append(passes, &StudentPass{First: x.first(), Crops: x.rows() / r.Batch, pass: i})
		}
	}
	return passes
}

// Features records the student's features (crops x batch, width) of a pass.
func (r *Recording) Features(x *StudentPass) gpu.Tensor {
	x.net = r.bind(r.Student, r.Gradients)
	if b, ok := x.net.(layers.Dropper); ok {
		b.DropPath(r.t.drop.of(x.pass))
	}
	return x.net.Forward(r.Program, r.input(x.pass))
}

// Backward records the gradients of the backbone's weights from that of a pass's Features. While the head trains alone
// there are none.
func (r *Recording) Backward(x *StudentPass, dfeatures gpu.Tensor) {
	if !r.headOnly {
		x.net.Backward(r.Program, dfeatures)
	}
}

// Joined records the features of several passes as one tensor, and returns what splits a gradient of them again.
func (r *Recording) Joined(passes []*StudentPass) (features gpu.Tensor, backward func(dfeatures gpu.Tensor)) {
	var all []gpu.Tensor
	for _, x := range passes {
		all = append(all, r.Features(x))
	}
	return layers.Concat(r.Program, all...), func(d gpu.Tensor) {
		at := 0
		for i, x := range passes {
			n := all[i].Len()
			part := d
			if len(passes) > 1 {
				part = layers.Part(r.Program, d, at, all[i].Shape...)
			}
			r.Backward(x, part)
			at += n
		}
	}
}

// TeacherFeatures records the teacher's features (crops x batch, width) of its crops, in one tensor for each pass. No
// gradient goes there.
func (r *Recording) TeacherFeatures() []gpu.Tensor {
	var features []gpu.Tensor
	for i, x := range r.t.passes {
		if x[0].teacher {
			features = append(features, r.bind(r.Teacher, nil).Forward(r.Program, r.input(i).First(1)))
		}
	}
	return features
}

func (r *Recording) bind(weights, gradients *layers.Arena) layers.Backbone {
	return r.t.Config.Backbone().Bind(settings.BackbonePrefix, weights, gradients, layers.Training)
}

// input records what the backbone makes of a pass's crops before any weight, once for teacher and student.
func (r *Recording) input(pass int) layers.Input {
	x, ok := r.inputs[pass]
	if !ok {
		x = r.t.passes[pass].input(r.Program, r.t.Config)
		r.inputs[pass] = x
	}
	return x
}
