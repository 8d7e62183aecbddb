package layers

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// bench is an optimizer and a teacher over two arenas of seven tensors in all.
type bench struct {
	inputs
	optimizer Optimizer
	teacher   EMA
	scalars   gpu.Tensor
}

var benchParams = []Param{
	{Name: "weight", Offset: 0, Shape: []int{70, ref.Block}, Decay: true, Backbone: true}, // more blocks than lanes
	{Name: "bias", Offset: 70 * ref.Block, Shape: []int{7}},
	{Name: "norm", Offset: 72 * ref.Block, Shape: []int{ref.Block}, Backbone: true}, // behind a gap of a block
	{Name: "tokens", Part: 1, Offset: 0, Shape: []int{ref.Block + 1}, Decay: true},
	{Name: "last.v", Part: 1, Offset: 2 * ref.Block, Shape: []int{3*ref.Block - 1}, Decay: true, LastLayer: true},
	{Name: "last.g", Part: 1, Offset: 5 * ref.Block, Shape: []int{40}, Decay: true, LastLayer: true, Frozen: true},
	{Name: "statistics", Part: 1, Offset: 6 * ref.Block, Shape: []int{ref.Block + 9}, Buffer: true},
}

// newBench fills weights, gradients and teacher with noise where there are tensors and zeros elsewhere.
// Gradients get a size of their own for each tensor, so that some are clipped and others not.
func newBench(t *testing.T, s Scalars) *bench {
	t.Helper()
	lengths := []int{73 * ref.Block, 8 * ref.Block}
	segments, err := NewSegments(&Params{List: benchParams, Parts: lengths})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{}
	role := func(name string, std float64) (arenas []gpu.Tensor) {
		r := rand.New(rand.NewPCG(7, uint64(len(b.inputs))))
		for a, n := range lengths {
			v := make([]float32, n)
			for i, g := range benchParams {
				if g.Part == a && std > 0 {
					for k := range g.Len() {
						v[g.Offset+k] = float32(std * r.NormFloat64())
						if name == "gradients" {
							v[g.Offset+k] *= float32(i + 1)
						}
					}
				}
			}
			arenas = append(arenas, b.values(name, v, n))
		}
		return arenas
	}
	weights, gradients := role("weights", 1), role("gradients", 0.02)
	first, second, teacher := role("first", 0), role("second", 0), role("teacher", 1)
	b.scalars = b.values("scalars", s.Values(), scalarCount)
	nonFinite := b.values("nonfinite", []float32{0}, 1)
	blocks, ranges := segments.tables()
	b.inputs = append(b.inputs, input{segments.blocks, bits(blocks...)}, input{segments.ranges, bits(ranges...)})
	norms := b.values("norms", make([]float32, 2*len(benchParams)), len(benchParams), 2)
	b.optimizer = Optimizer{
		Segments: segments, Weights: weights, Gradients: gradients, Moments: [][]gpu.Tensor{first, second},
		Scalars: b.scalars, Norms: norms, NonFinite: nonFinite, limit: 64 * ref.Block,
	}
	b.teacher = EMA{
		Segments: segments, Teacher: teacher, Student: weights, Scalars: b.scalars, NonFinite: nonFinite,
		limit: 64 * ref.Block,
	}
	return b
}

func (b *bench) value(t gpu.Tensor) []float32 {
	for _, i := range b.inputs {
		if i.t.Name == t.Name && i.t.Len() == t.Len() {
			return i.value
		}
	}
	panic("no input " + t.Name)
}

func benchScalars(head, backbone, last int) Scalars {
	s := Scalars{LearningRate: 0.01, WeightDecay: 0.2, TeacherRate: 0.004, CenterRate: 0.1, Clip: 0.7}
	s.Train(0.9, 0.999, 1e-8, PartSteps{Head: head, Backbone: backbone, LastLayer: last})
	return s
}

func TestOptimizerKernels(t *testing.T) {
	for name, change := range map[string]func(b *bench, s *Scalars){
		"plain":    func(*bench, *Scalars) {},
		"frozen":   func(_ *bench, s *Scalars) { s.LastLayer = 0 },
		"head":     func(_ *bench, s *Scalars) { s.Backbone = 0 },
		"unclip":   func(_ *bench, s *Scalars) { s.Clip = 0 },
		"nan":      func(b *bench, _ *Scalars) { b.value(b.optimizer.Gradients[0])[3] = float32(math.NaN()) },
		"inf":      func(b *bench, _ *Scalars) { b.value(b.optimizer.Gradients[1])[1] = float32(math.Inf(-1)) },
		"overflow": func(b *bench, _ *Scalars) { b.value(b.optimizer.Gradients[1])[1] = 3e19 },
		"sum": func(b *bench, _ *Scalars) {
			g := b.value(b.optimizer.Gradients[0])
			g[0], g[ref.Block] = 1.5e19, 1.5e19
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachTarget(t, func(t *testing.T, p *gpu.Program) {
				s := benchScalars(3, 2, 1)
				b := newBench(t, s)
				change(b, &s)
				copy(b.value(b.scalars), s.Values())
				b.optimizer.RecordNorms(p)
				b.optimizer.AdamW(p)
				b.teacher.Record(p)
				b.check(t, p)
			})
		})
	}
}

// hostAdamW is torch.optim.AdamW for one tensor, with the moments and the counter of its own steps.
type hostAdamW struct {
	w, m, v []float64
	step    int
}

func (h *hostAdamW) update(gradient []float32, lr, decay, clip float64) {
	h.step++
	var norm float64
	for _, g := range gradient {
		norm += float64(g) * float64(g)
	}
	scale := min(1, clip/(math.Sqrt(norm)+1e-6))
	for i := range h.w {
		g := scale * float64(gradient[i])
		h.w[i] *= 1 - lr*decay
		h.m[i] = 0.9*h.m[i] + 0.1*g
		h.v[i] = 0.999*h.v[i] + 0.001*g*g
		mHat := h.m[i] / (1 - math.Pow(0.9, float64(h.step)))
		vHat := h.v[i] / (1 - math.Pow(0.999, float64(h.step)))
		h.w[i] -= lr * mHat / (math.Sqrt(vHat) + 1e-8)
	}
}

// Five steps, the last layer frozen for two and the backbone for three, against AdamW as PyTorch defines it.
func TestAdamWFollowsPyTorch(t *testing.T) {
	eachTarget(t, func(t *testing.T, p *gpu.Program) {
		b := newBench(t, benchScalars(1, 0, 0))
		b.optimizer.RecordNorms(p)
		b.optimizer.AdamW(p)
		b.teacher.Record(p)
		host := make([]hostAdamW, len(benchParams))
		var teacher [][]float64
		part := func(arenas []gpu.Tensor, g Param) []float32 {
			return b.value(arenas[g.Part])[g.Offset : g.Offset+g.Len()]
		}
		for i, g := range benchParams {
			host[i] = hostAdamW{w: wide(part(b.optimizer.Weights, g)), m: make([]float64, g.Len()), v: make([]float64, g.Len())}
			teacher = append(teacher, wide(part(b.teacher.Teacher, g)))
		}
		err := b.run(p, func() error {
			d, err := device()
			if err != nil {
				return err
			}
			for step := 1; step <= 5; step++ {
				s := benchScalars(step, max(step-3, 0), max(step-2, 0))
				if err := d.Write(b.scalars, s.Values()); err != nil {
					return err
				}
				for a, arena := range b.optimizer.Gradients {
					v := b.value(arena)
					for k := range v {
						v[k] *= -0.8 // another gradient each step
					}
					if err := d.Write(b.optimizer.Gradients[a], v); err != nil {
						return err
					}
				}
				if err := p.Run(); err != nil {
					return err
				}
				for i, g := range benchParams {
					if !g.Frozen && !g.Buffer && (!g.LastLayer || step > 2) && (!g.Backbone || step > 3) {
						decay := 0.0
						if g.Decay {
							decay = 0.2
						}
						host[i].update(part(b.optimizer.Gradients, g), 0.01, decay, 0.7)
					}
					for k, w := range host[i].w {
						if g.Buffer || g.Backbone && step <= 3 {
							break // the teacher keeps its own
						}
						teacher[i][k] = 0.996*teacher[i][k] + 0.004*w
					}
				}
			}
			for a := range b.optimizer.Weights {
				for _, arena := range []gpu.Tensor{b.optimizer.Weights[a], b.optimizer.Moments[0][a], b.optimizer.Moments[1][a], b.teacher.Teacher[a]} {
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
			for _, c := range []struct {
				what string
				got  []float32
				want []float64
			}{
				{"weights", part(b.optimizer.Weights, g), host[i].w},
				{"first moment", part(b.optimizer.Moments[0], g), host[i].m},
				{"second moment", part(b.optimizer.Moments[1], g), host[i].v},
				{"teacher", part(b.teacher.Teacher, g), teacher[i]},
			} {
				if at, off := furthest(c.got, c.want); off > 2e-6 {
					t.Errorf("%s of %s: element %d is %g, should be %g", c.what, g.Name, at, c.got[at], c.want[at])
				}
			}
		}
	})
}

func wide(v []float32) []float64 {
	w := make([]float64, len(v))
	for i := range v {
		w[i] = float64(v[i])
	}
	return w
}

// furthest finds the largest difference, as a share of the largest value.
func furthest(got []float32, want []float64) (at int, off float64) {
	most := 1e-30
	for _, w := range want {
		most = max(most, math.Abs(w))
	}
	for i, w := range want {
		if d := math.Abs(float64(got[i])-w) / most; !(d <= off) {
			at, off = i, d
		}
	}
	return at, off
}

// A gradient that is not finite, in any tensor, leaves everything as it was and is told apart by its norm.
func TestNothingMovesWhenNotFinite(t *testing.T) {
	for bad, g := range benchParams {
		target := []string{"software", "gpu"}[bad%2]
		t.Run(g.Name+" "+target, func(t *testing.T) {
			b := newBench(t, benchScalars(1, 1, 1))
			b.value(b.optimizer.Gradients[g.Part])[g.Offset+g.Len()-1] = float32(math.NaN())
			loss := Loss{
				Center: b.noise("center", 20), CenterSum: b.noise("sum", 20),
				Scalars: b.scalars, NonFinite: b.optimizer.NonFinite,
			}
			p := gpu.NewProgram(t.Name(), targets[target])
			b.optimizer.RecordNorms(p)
			b.optimizer.AdamW(p)
			b.teacher.Record(p)
			loss.UpdateCenter(p, 4)
			norms, flag := make([]float32, 2*len(benchParams)), make([]float32, 1)
			err := b.run(p, func() error {
				for range 2 { // the flag stays
					if err := p.Run(); err != nil {
						return err
					}
				}
				o := b.optimizer
				for _, arenas := range [][]gpu.Tensor{o.Weights, o.Moments[0], o.Moments[1], b.teacher.Teacher, {loss.Center}} {
					for _, arena := range arenas {
						got, want := make([]float32, arena.Len()), b.value(arena)
						if err := p.Read(arena, got); err != nil {
							return err
						}
						for i := range got {
							if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
								t.Fatalf("%s: element %d moved from %g to %g", arena.Name, i, want[i], got[i])
							}
						}
					}
				}
				if err := p.Read(o.Norms, norms); err != nil {
					return err
				}
				return p.Read(o.NonFinite, flag)
			})
			if err != nil {
				t.Fatal(err)
			}
			if gpu.Bits(flag)[0] != 1 {
				t.Errorf("the flag is %d", gpu.Bits(flag)[0])
			}
			for i := range benchParams {
				if math.IsInf(float64(norms[2*i]), 1) != (i == bad) {
					t.Errorf("the norm of %s is %g", benchParams[i].Name, norms[2*i])
				}
			}
		})
	}
}

func TestSegmentsRefuse(t *testing.T) {
	ok := Param{Name: "a", Shape: []int{300}}
	for name, l := range map[string]Params{
		"nothing":   {nil, []int{512}},
		"part":      {[]Param{ok}, []int{500}},
		"unaligned": {[]Param{{Name: "b", Offset: 8, Shape: []int{4}}}, []int{512}},
		"too long":  {[]Param{{Name: "b", Offset: 256, Shape: []int{257}}}, []int{512}},
		"elsewhere": {[]Param{{Name: "b", Part: 1, Shape: []int{4}}}, []int{512}},
		"overlap":   {[]Param{ok, {Name: "b", Offset: 256, Shape: []int{4}}}, []int{512}},
	} {
		if _, err := NewSegments(&l); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
