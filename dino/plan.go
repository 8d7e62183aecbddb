package dino

import "github.com/dinogpu/dinogpu/layers"

// A Plan says what a run would take, before anything is allocated.
type Plan struct {
	Parameters        int       `json:"parameters"` // of the student, a frozen weight_g included
	FlopsPerStep      float64   `json:"flops_per_step"`
	DispatchesPerStep int       `json:"dispatches_per_step"`
	Bytes             PlanBytes `json:"bytes"`
	LargestBinding    int       `json:"largest_binding"`
	Fits              bool      `json:"fits"`  // in the target's limits
	Crops             string    `json:"crops"` // that go through the student side by side
	Matmul            string    `json:"matmul"`
}

// PlanBytes are the sizes of a run's device memory.
type PlanBytes struct {
	Weights     int `json:"weights"`
	Gradients   int `json:"gradients"`
	Moments     int `json:"moments"`
	Teacher     int `json:"teacher"`
	Activations int `json:"activations"` // scratch tensors, logits left out
	Logits      int `json:"logits"`      // the teacher's, and those of the crops that are looked at together
	Staging     int `json:"staging"`     // textures, inputs, tables and the rest
	Total       int `json:"total"`
}

// Dispatches is the number of dispatches and copies of a step.
func (t *Trainer) Dispatches() int {
	return t.begin.Dispatches() + t.Config.Accumulate*t.crops.Dispatches() + t.update.Dispatches()
}

// Plan plans the recorded trainer.
func (t *Trainer) Plan() (Plan, error) {
	total, err := t.Memory()
	if err != nil {
		return Plan{}, err
	}
	c := t.Config
	p := Plan{
		Parameters: t.Layout.Count(), FlopsPerStep: flopsPerImage(c, t.method) * float64(c.StepImages()),
		Fits: true, Matmul: t.crops.Target.MatmulName(),
		DispatchesPerStep: t.Dispatches(), Crops: string(t.Crops()),
	}
	scratch := 0
	for _, program := range t.all() {
		m, err := program.Plan()
		if err != nil {
			return Plan{}, err
		}
		scratch += m.Scratch
		p.LargestBinding = max(p.LargestBinding, m.Largest)
	}
	arena := func(a *layers.Arena) (n int) {
		for _, part := range a.Parts {
			n += 4 * part.Len()
		}
		return n
	}
	rows := 0
	for _, x := range t.passes {
		rows = max(rows, x.rows())
	}
	b := PlanBytes{
		Weights: arena(t.Student), Gradients: arena(t.gradients), Moments: len(t.moments) * arena(t.Student),
		Teacher: arena(t.Teacher), Logits: min(4*c.OutDim*2*c.BatchSize+min(4*c.OutDim*rows, max(t.shared.logitsLimit, 4*c.OutDim*c.BatchSize)), scratch), Total: total,
	}
	b.Activations = scratch - b.Logits
	b.Staging = total - b.Weights - b.Gradients - b.Moments - b.Teacher - b.Logits - b.Activations
	p.Bytes = b
	return p, nil
}
