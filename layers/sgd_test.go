package layers

import (
	"math"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// momentumSteps are the optimizers that keep one moment.
var momentumSteps = map[string]func(*Optimizer, *gpu.Program){
	"sgd":  func(o *Optimizer, p *gpu.Program) { o.RecordNorms(p); o.SGD(p) },
	"lars": func(o *Optimizer, p *gpu.Program) { o.RecordNorms(p); o.LARS(p) },
}

func TestSGDAndLARSKernels(t *testing.T) {
	for name, record := range momentumSteps {
		for what, change := range map[string]func(b *bench, s *Scalars){
			"plain":    func(*bench, *Scalars) {},
			"frozen":   func(_ *bench, s *Scalars) { s.LastLayer = 0 },
			"head":     func(_ *bench, s *Scalars) { s.Backbone = 0 },
			"unclip":   func(_ *bench, s *Scalars) { s.Clip = 0 },
			"no decay": func(_ *bench, s *Scalars) { s.WeightDecay = 0 },
			"zeros":    func(b *bench, _ *Scalars) { clear(b.value(b.optimizer.Weights[1])) },
			"nan":      func(b *bench, _ *Scalars) { b.value(b.optimizer.Gradients[0])[3] = float32(math.NaN()) },
			"overflow": func(b *bench, _ *Scalars) { b.value(b.optimizer.Weights[1])[1] = 3e19 },
			"sum":      func(b *bench, _ *Scalars) { w := b.value(b.optimizer.Weights[0]); w[0], w[ref.Block] = 1.5e19, 1.5e19 },
		} {
			t.Run(name+"/"+what, func(t *testing.T) {
				eachTarget(t, func(t *testing.T, p *gpu.Program) {
					s := benchScalars(3, 2, 1)
					b := newBench(t, s)
					for i := range b.value(b.optimizer.Moments[0][0]) {
						b.value(b.optimizer.Moments[0][0])[i] = float32(i%7) - 3
					}
					change(b, &s)
					copy(b.value(b.scalars), s.Values())
					record(&b.optimizer, p)
					b.check(t, p)
				})
			})
		}
	}
}

// hostMomentum is torch.optim.SGD for one tensor, or the reference's LARS.
type hostMomentum struct {
	w, m []float64
}

func (h *hostMomentum) update(gradient []float32, lr, decay, clip float64, lars bool) {
	scale := min(1, clip/(length(wide(gradient))+1e-6))
	d := make([]float64, len(h.w))
	for i := range d {
		d[i] = scale*float64(gradient[i]) + decay*h.w[i]
	}
	ratio := 1.0
	if w, n := length(h.w), length(d); lars && w > 0 && n > 0 {
		ratio = 0.001 * w / n
	}
	for i := range d {
		h.m[i] = 0.9*h.m[i] + ratio*d[i]
		h.w[i] -= lr * h.m[i]
	}
}

func length(v []float64) float64 {
	var sum float64
	for _, x := range v {
		sum += x * x
	}
	return math.Sqrt(sum)
}

// Five steps, the last layer frozen for two and the backbone for three, against SGD and LARS as they are defined.
func TestMomentumFollowsItsDefinition(t *testing.T) {
	for name, record := range momentumSteps {
		t.Run(name, func(t *testing.T) {
			eachTarget(t, func(t *testing.T, p *gpu.Program) {
				b := newBench(t, benchScalars(1, 0, 0))
				record(&b.optimizer, p)
				part := func(arenas []gpu.Tensor, g Param) []float32 {
					return b.value(arenas[g.Part])[g.Offset : g.Offset+g.Len()]
				}
				var host []hostMomentum
				for _, g := range benchParams {
					host = append(host, hostMomentum{w: wide(part(b.optimizer.Weights, g)), m: make([]float64, g.Len())})
				}
				err := b.run(p, func() error {
					d, err := device()
					if err != nil {
						return err
					}
					for step := 1; step <= 5; step++ {
						s := benchScalars(step, max(step-3, 0), max(step-2, 0))
						s.LearningRate = 0.3
						if err := d.Write(b.scalars, s.Values()); err != nil {
							return err
						}
						for _, arena := range b.optimizer.Gradients {
							v := b.value(arena)
							for k := range v {
								v[k] *= -0.8 // another gradient each step
							}
							if err := d.Write(arena, v); err != nil {
								return err
							}
						}
						if err := p.Run(); err != nil {
							return err
						}
						for i, g := range benchParams {
							decay := 0.0
							if g.Decay {
								decay = 0.2
							}
							if !g.Frozen && !g.Buffer && (!g.LastLayer || step > 2) && (!g.Backbone || step > 3) {
								host[i].update(part(b.optimizer.Gradients, g), 0.3, decay, 0.7, name == "lars" && g.Decay)
							}
						}
					}
					for a := range b.optimizer.Weights {
						for _, arena := range []gpu.Tensor{b.optimizer.Weights[a], b.optimizer.Moments[0][a]} {
							if err := p.Read(arena, b.value(arena)); err != nil {
								return err
							}
						}
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				for i, g := range benchParams {
					if at, off := furthest(part(b.optimizer.Weights, g), host[i].w); off > 2e-6 {
						t.Errorf("weights of %s: element %d is off by %.2g", g.Name, at, off)
					}
					if at, off := furthest(part(b.optimizer.Moments[0], g), host[i].m); off > 2e-6 {
						t.Errorf("momentum of %s: element %d is off by %.2g", g.Name, at, off)
					}
				}
			})
		})
	}
}
