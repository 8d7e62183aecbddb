package dino

import (
	"fmt"
	"strings"

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

// segments says what the optimiser may do to each tensor. As the reference's groups: everything of two
// dimensions and more decays unless it is a bias; weight_g is left alone while norm_last_layer holds it at 1.
func segments(c settings.Config, l *layers.Params) (*layers.Segments, error) {
	var list []layers.Segment
	for _, p := range l.List {
		list = append(list, layers.Segment{
			Name: p.Name, Arena: p.Part, Offset: p.Offset, Len: p.Len(),
			Decay:     len(p.Shape) > 1 && !strings.HasSuffix(p.Name, ".bias"),
			LastLayer: strings.Contains(p.Name, "last_layer"),
			Trainable: !c.NormLastLayer || !strings.HasSuffix(p.Name, "weight_g"),
		})
	}
	return layers.NewSegments(list, l.Parts...)
}

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
