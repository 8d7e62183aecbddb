package dino

import (
	"fmt"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// moments is how many moments of each weight the optimizer keeps.
func moments(c settings.Config) int {
	if c.Optimizer == settings.AdamW {
		return 2
	}
	return 1 // momentum
}

// momentName is the role of the optimizer's i-th moment, in memory and in checkpoints.
func momentName(i int) string { return fmt.Sprintf("moment%d", i+1) }

// A recorder records the passes of a backbone and of the head up to the prototypes, from one arena of weights. Each pass
// of a student has its own, since it remembers what went forward.
type recorder struct {
	backbone layers.Backbone
	head     *layers.Head
}

func newRecorder(c settings.Config, weights, gradients *layers.Arena) recorder {
	return recorder{
		backbone: c.Backbone().Bind(settings.BackbonePrefix, weights, gradients, layers.Training),
		head:     layers.NewHead(c.Head(), settings.HeadPrefix, weights, gradients),
	}
}

// Forward records the features of crops, and what the prototypes are compared with.
func (r recorder) Forward(p *gpu.Program, crops layers.Input) (features, y gpu.Tensor) {
	features = r.backbone.Forward(p, crops)
	return features, r.head.Forward(p, features)
}

// Backward records the gradients of all weights but the prototypes', from that of y.
func (r recorder) Backward(p *gpu.Program, dy gpu.Tensor) {
	r.backbone.Backward(p, r.head.Backward(p, dy))
}

// BackwardHead records the gradients of the head's alone.
func (r recorder) BackwardHead(p *gpu.Program, dy gpu.Tensor) { r.head.Backward(p, dy) }
