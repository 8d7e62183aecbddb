package dino

import (
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// What DINO's loss is: cross entropy, or the squared distance of unit outputs (paper, table 7, row 5).

// compare records the losses of the crops from number first on, whose logits (rows, K) those are, and gives the gradient of
// the logits, which may lie in their place.
func (m *dinoMethod) compare(p *gpu.Program, logits, targets gpu.Tensor, first int) gpu.Tensor {
	if m.config.Loss == settings.MSE {
		var norm layers.RowNorm
		y := norm.Forward(p, logits)
		return norm.Backward(p, m.distance.Student(p, y, targets, first))
	}
	m.loss.Student(p, logits, targets, first)
	return logits
}

// unitTargets records the teacher's centered outputs as unit rows. Nothing sharpens them.
func (m *dinoMethod) unitTargets(p *gpu.Program, logits gpu.Tensor) gpu.Tensor {
	m.loss.Collect(p, logits)
	u := layers.UnitTargets(p, logits, m.loss.Center)
	m.distance.Spread(p, u)
	return u
}

// sum records the batch's loss and what Metrics reads.
func (m *dinoMethod) sum(p *gpu.Program) {
	if m.config.Loss == settings.MSE {
		m.distance.Sum(p)
		return
	}
	m.loss.Sum(p)
}

// Metrics: the entropy h of the targets, and what the loss is above it; of unit outputs how far they are spread.
func (m *dinoMethod) Metrics(sums []float64, s *StepMetrics) {
	if m.config.Loss == settings.MSE {
		s.OutputStd = sums[1]
		return
	}
	s.Entropy, s.KL = sums[1], sums[0]-sums[1]
}

// A logitsMaker makes logits (R, K) of what the head gives.
type logitsMaker interface {
	Begin(p *gpu.Program)
	Logits(p *gpu.Program, y gpu.Tensor) gpu.Tensor
	// Backward records dy from the gradient of the logits.
	Backward(p *gpu.Program, dlogits, y, dy gpu.Tensor)
	End(p *gpu.Program)
}

// logits are the prototypes; without a bottleneck the head's own output.
func (m *dinoMethod) logits(weights, gradients *layers.Arena) logitsMaker {
	if !m.config.L2Bottleneck {
		return plainLogits{}
	}
	return layers.NewPrototypes(settings.HeadPrefix, weights, gradients, gradients != nil && !m.config.NormLastLayer)
}

// plainLogits are what the head gives.
type plainLogits struct{}

func (plainLogits) Begin(*gpu.Program)                             {}
func (plainLogits) End(*gpu.Program)                               {}
func (plainLogits) Logits(_ *gpu.Program, y gpu.Tensor) gpu.Tensor { return y }
func (plainLogits) Backward(p *gpu.Program, dlogits, _, dy gpu.Tensor) {
	layers.CopyInto(p, dlogits, dy)
}
