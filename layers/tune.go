package layers

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/dinogpu/dinogpu/gpu"
)

const (
	// tunedRows is the number of rows of activations, at most, that candidates are timed on in software: more rows take longer
	// and give the same order. A GPU needs gpuRows to be as full as in training.
	tunedRows = 512
	gpuRows   = 8192
	// hopeless is how many times slower than the best a candidate's first run may be before it is dropped.
	hopeless = 3
	// better: a candidate must take at most this share of the default's time; a smaller gain is noise.
	better = 0.95
)

// A Tuned says how long the candidates for one class of shapes took, and which was chosen.
type Tuned struct {
	Class   string
	Choice  string
	Seconds map[string]float64 // of each candidate, at most tunedRows or gpuRows rows
}

// tunable is one shape of a class, and the work of all its shapes in the programs.
type tunable struct {
	MatmulShape
	flops int
}

// Tune times the variants of every class of matmul in the programs that t has no choice for yet, the class with most
// work first, until all are done, the budget is spent or ctx ends, and returns t's choices with the new ones. Classes
// that were not timed keep their member's default.
func Tune(ctx context.Context, d *gpu.Device, t gpu.Target, programs []*gpu.Program, budget time.Duration, report func(done, of int, r Tuned)) (gpu.Choices, error) {
	choices := gpu.Choices{}
	maps.Copy(choices, t.Choices)
	classes := tunables(programs)
	order := slices.SortedFunc(maps.Keys(classes), func(a, b string) int {
		if d := classes[b].flops - classes[a].flops; d != 0 {
			return d
		}
		return slices.Compare([]byte(a), []byte(b))
	})
	order = slices.DeleteFunc(order, func(class string) bool { return choices[class] != "" })
	until := time.Now().Add(budget)
	for i, class := range order {
		if ctx.Err() != nil || time.Now().After(until) {
			break
		}
		r, err := classes[class].tune(d, t)
		if err != nil {
			return nil, err
		}
		r.Class = class
		choices[class] = r.Choice
		report(i+1, len(order), r)
	}
	return choices, nil
}

func tunables(programs []*gpu.Program) map[string]tunable {
	classes := map[string]tunable{}
	for _, p := range programs {
		p.Each(func(k gpu.Kernel, _ []gpu.Tensor) {
			m, ok := k.Info.(MatmulInfo)
			if !ok {
				return
			}
			c := classes[m.Class()]
			c.MatmulShape = m.MatmulShape
			c.flops += k.Flops
			classes[m.Class()] = c
		})
	}
	return classes
}

// tune times the candidates for one shape, and on a GPU the best one's other splits of a deep and small matmul.
func (m tunable) tune(d *gpu.Device, t gpu.Target) (Tuned, error) {
	m.MatmulShape = m.tuned(t)
	usual := m.defaultVariant(t)
	r := Tuned{Choice: usual, Seconds: map[string]float64{}}
	names := append([]string{usual}, Candidates(t)...)
	best := 0.0
	measure := func(name string) (err error) {
		r.Seconds[name], err = m.time(d, t, name, best*hopeless)
		if best == 0 || r.Seconds[name] < best {
			best = r.Seconds[name]
		}
		return err
	}
	for i, name := range names {
		if i > 0 && name == usual {
			continue
		}
		if err := measure(name); err != nil {
			return r, err
		}
		if r.Seconds[name] < r.Seconds[r.Choice] && r.Seconds[name] < better*r.Seconds[usual] {
			r.Choice = name
		}
	}
	if t.Software {
		return r, nil
	}
	chosen, _ := variantNamed(r.Choice)
	for _, name := range m.resplit(chosen) {
		if err := measure(name); err != nil {
			return r, err
		}
		if r.Seconds[name] < better*r.Seconds[r.Choice] {
			r.Choice = name
		}
	}
	return r, nil
}

// tuned is the shape with no more rows of activations than candidates are timed on.
func (m MatmulShape) tuned(t gpu.Target) MatmulShape {
	rows := gpuRows
	if t.Software {
		rows = tunedRows
	}
	if m.Form == TN {
		m.K = min(m.K, rows)
	} else {
		m.M = min(m.M, rows)
	}
	return m
}

// time is the best of several measurements of one candidate, or the first alone where that is over most (0: no limit). On a
// GPU each lasts long enough that two will do.
func (m tunable) time(d *gpu.Device, t gpu.Target, name string, most float64) (float64, error) {
	v, _ := variantNamed(name)
	p := gpu.NewProgram("tune", t)
	rows, cols := m.operands()
	a, b, c := gpu.NewTensor("a", rows[0], cols[0]), gpu.NewTensor("b", rows[1], cols[1]), gpu.NewTensor("c", m.M, m.N)
	defer gpu.Release(a, b, c)
	m.recordSplit(p, v, a, b, c, Epilogue{})
	if err := p.Build(d); err != nil {
		return 0, err
	}
	defer p.Release()
	best, repeats := 0.0, []int{1, 5, 5}
	if !t.Software {
		repeats = repeats[:2]
	}
	for i, reps := range repeats {
		times, err := p.Profile(reps)
		if err != nil {
			return 0, err
		}
		total := 0.0
		for _, op := range times {
			total += op.Seconds
		}
		if i == 0 || total < best {
			best = total
		}
		if most > 0 && best > most {
			break
		}
	}
	return best, nil
}

// ChoicesFor are those of the choices that the programs use.
func ChoicesFor(programs []*gpu.Program, all gpu.Choices) gpu.Choices {
	used := gpu.Choices{}
	for class := range tunables(programs) {
		if name, ok := all[class]; ok {
			used[class] = name
		}
	}
	return used
}
