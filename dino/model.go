package dino

import (
	"fmt"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// moments is how many moments of each weight the optimiser keeps.
func moments(c settings.Config) int {
	if c.Optimizer == "adamw" {
		return 2
	}
	return 1 // momentum
}

// momentName is the role of the optimiser's i-th moment, in memory and in checkpoints.
func momentName(i int) string { return fmt.Sprintf("moment%d", i+1) }

// network is a backbone and the head up to the prototypes. Networks of one student share its weights.
type network struct {
	vit  *layers.ViT
	head *layers.Head
}

func newNetwork(c settings.Config, weights, gradients *layers.Arena) network {
	return network{
		vit:  layers.NewViT(c.ViT(), settings.BackbonePrefix, weights, gradients),
		head: layers.NewHead(c.Head(), settings.HeadPrefix, weights, gradients),
	}
}

// Forward records the features of patches, and what the prototypes are compared with.
func (n network) Forward(p *gpu.Program, patches layers.Patches) (features, y gpu.Tensor) {
	features = n.vit.Forward(p, patches)
	return features, n.head.Forward(p, features)
}

// Backward records the gradients of all weights but the prototypes', from that of y.
func (n network) Backward(p *gpu.Program, dy gpu.Tensor) {
	n.vit.Backward(p, n.head.Backward(p, dy))
}
