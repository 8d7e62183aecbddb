package main

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
	"github.com/dinogpu/dinogpu/layers/tuning"
)

const (
	// stepsOfWork is what the measurement takes, in steps: two to warm up, two to time, and three to time all
	// ops by themselves.
	stepsOfWork = 7
	// assumedShare of the fma rate is what a step is taken to reach before one has run.
	assumedShare = 0.15
	// mostSteps to take the median of.
	mostSteps = 9
	// repeats of each op where they are short.
	repeats = 10
)

// tune chooses the step's matmuls as training would.
func (m *bencher) tune() error {
	s := m.settings
	t := m.app.tuner(m.device, s.Run, min(tuning.Usual, m.time/4))
	target, err := t.Target(m.app.ctx, func(target gpu.Target) (tuning.Recorded, error) {
		return recordWhatFits(&s, target, m.app.console)
	})
	m.target = target
	return err
}

// step measures whole steps, then each of their ops. The ops come last: they leave garbage in the weights.
func (m *bencher) step() error {
	m.app.console.Status("bench: step")
	t, err := m.trainer()
	if err != nil {
		return err
	}
	t, err = t.BuildFitting(m.device, nil, func(sentence string) { m.report.note(m.app.console, "%s", sentence) })
	defer func() { t.Release() }()
	if err != nil {
		return err
	}
	seconds, host, err := m.steps(t)
	if err != nil {
		return err
	}
	slices.Sort(seconds)
	median := seconds[len(seconds)/2]
	flops, c := float64(stepFlops(t)), t.Config
	m.report.Step = stepRow{
		Preset: m.settings.Preset, Batch: c.BatchSize, Seconds: median, Steps: len(seconds),
		ImagesPerSecond: float64(c.StepImages()) / median, GFlops: flops / median / 1e9, Host: host,
	}
	for i, p := range t.Programs() {
		m.report.Step.Dispatches += p.Dispatches() * runsInStep(t, i)
	}
	return m.ops(t)
}

// trainer records the step of the largest batch, up to the one asked for, that fits the limits and the time.
func (m *bencher) trainer() (*dino.Trainer, error) {
	asked := m.settings.Config.BatchSize
	for s := m.settings; ; s.Config.BatchSize /= 2 {
		t, err := recordWhatFits(&s, m.target, m.app.console)
		if err != nil {
			return nil, err
		}
		took := float64(stepFlops(t)) / (assumedShare * m.report.FMA * 1e9)
		if left := time.Until(m.deadline).Seconds(); took*stepsOfWork > left && s.Config.BatchSize > 1 {
			continue
		}
		if s.Config.BatchSize < asked {
			m.report.note(m.app.console, "the step is measured with batch %d: one of %d would pass the limits or the time of %s", s.Config.BatchSize, asked, m.time)
		}
		return t, nil
	}
}

func stepFlops(t *dino.Trainer) int {
	flops := 0
	for i, p := range t.Programs() {
		flops += p.Flops() * runsInStep(t, i)
	}
	return flops
}

// runsInStep is how often a step runs its program i: the second once for each batch that is accumulated.
func runsInStep(t *dino.Trainer, i int) int {
	if i == 1 {
		return t.Config.Accumulate
	}
	return 1
}

// steps times whole steps on made-up pixels, after two that warm up, and gives the share of that time in which the
// host had work of its own.
func (m *bencher) steps(t *dino.Trainer) (seconds []float64, host float64, err error) {
	batches := make([]*augment.Batch, t.Config.Accumulate)
	batch := noiseBatch(t.Config)
	for i := range batches {
		batches[i] = batch
	}
	var all, busy []float64
	for len(all) < 2+mostSteps {
		start, waited := time.Now(), m.device.Waited()
		if _, err := t.Step(batches...); err != nil {
			return nil, 0, err
		}
		if err := m.device.Wait(); err != nil {
			return nil, 0, err
		}
		took := time.Since(start)
		busy = append(busy, 1-(m.device.Waited()-waited).Seconds()/took.Seconds())
		all = append(all, took.Seconds())
		// one more step, and three steps' time for the ops
		if len(all) > 1 && time.Until(m.deadline) < 4*took || m.app.ctx.Err() != nil {
			break
		}
	}
	// the first compiles kernels, the second settles how much is submitted at once
	timed := all[min(2, len(all)-1):]
	if len(timed) < 3 {
		m.report.note(m.app.console, "the step's time is the median of %d: more would pass the time of %s", len(timed), m.time)
	}
	busy = busy[len(all)-len(timed):]
	slices.Sort(busy)
	return timed, busy[len(busy)/2], nil
}

// noiseBatch is a batch of random bytes in the shape that the loader gives.
func noiseBatch(c settings.Config) *augment.Batch {
	r := rand.New(rand.NewPCG(3, 4))
	b := &augment.Batch{Images: make([]int, c.BatchSize)}
	for v := range c.Crops() {
		side := c.GlobalCropsSize
		if v > 1 {
			side = c.LocalCropsSize
		}
		view := make([]uint8, c.BatchSize*side*side*3)
		for i := range view {
			view[i] = uint8(r.Uint32())
		}
		b.Views = append(b.Views, view)
	}
	return b
}

// ops times every op of the step alone, and from that its parts and matmuls.
func (m *bencher) ops(t *dino.Trainer) error {
	m.app.console.Status("bench: ops of the step")
	s := &m.report.Step
	n := repeats
	// three runs of each op are the least
	if left := time.Until(m.deadline).Seconds(); left < float64(n+2)*s.Seconds {
		n = max(1, int(left/s.Seconds)-2)
		m.report.note(m.app.console, "ops are timed over %d repeats instead of %d: more would pass the time of %s", n, repeats, m.time)
	}
	var rows []matmulRow
	s.Parts = map[string]float64{}
	var names []string
	var all [][]gpu.OpTime
	for i, p := range t.Programs() {
		times, err := m.profile(p, n)
		if err != nil {
			return err
		}
		names, all = append(names, p.Name), append(all, times)
		runs := runsInStep(t, i)
		for part, seconds := range gpu.SecondsBySection(times) {
			if part == "" {
				part = "other"
			}
			s.Parts[part] += float64(runs) * seconds
			s.OpSeconds += float64(runs) * seconds
		}
		rows = append(rows, m.matmuls(times, runs)...)
	}
	m.trace = traced(names, all)
	for part := range s.Parts {
		s.Parts[part] /= s.OpSeconds
	}
	slices.SortStableFunc(rows, func(a, b matmulRow) int {
		return compareDown(float64(a.Calls)*a.Seconds, float64(b.Calls)*b.Seconds, a.Name, b.Name)
	})
	m.report.Matmul = append(rows, m.report.Matmul...)
	return nil
}

// profile is the best of up to three profiles of p, op by op: what else the machine does only ever adds time.
func (m *bencher) profile(p *gpu.Program, n int) ([]gpu.OpTime, error) {
	var best []gpu.OpTime
	for range 3 {
		start := time.Now()
		times, err := p.Profile(n)
		if err != nil {
			return nil, err
		}
		if best == nil {
			best = times
		}
		for i, t := range times {
			best[i].Seconds = min(best[i].Seconds, t.Seconds)
		}
		if time.Until(m.deadline) < 2*time.Since(start) {
			break
		}
	}
	return best, nil
}

var formNames = map[layers.Form]string{layers.NT: "forward", layers.NN: "input gradient", layers.TN: "weight gradient"}

// matmuls gathers the distinct shapes of a program's matmuls, in the order they come. Padding and staging ahead of
// a matmul, and the sum of its partials behind it, count as its time: none of them would be there without it.
func (m *bencher) matmuls(times []gpu.OpTime, runs int) []matmulRow {
	var order []layers.MatmulInfo
	seconds, calls := map[layers.MatmulInfo]float64{}, map[layers.MatmulInfo]int{}
	var last *layers.MatmulInfo
	ahead := 0.0
	for _, t := range times {
		shape, ok := t.Info.(layers.MatmulInfo)
		shape.Fused = false // a row is of all epilogues
		switch {
		case ok:
			if calls[shape] == 0 {
				order = append(order, shape)
			}
			calls[shape]++
			seconds[shape] += ahead + t.Seconds
			ahead, last = 0, &shape
		case t.Section != "matmul" && t.Section != "convolution":
		case (t.Kernel == "partials_reduce" || t.Kernel == "convolution_weight_reduce") && last != nil:
			seconds[*last] += t.Seconds
		default:
			ahead += t.Seconds
		}
	}
	var rows []matmulRow
	for _, s := range order {
		row := matmulRow{
			Name: formNames[s.Form], M: s.M, N: s.N, K: s.K, Variant: s.Variant,
			Calls: runs * calls[s], Seconds: seconds[s] / float64(calls[s]),
		}
		if s.Convolution != "" {
			row.Name = "convolution's " + s.Convolution
		}
		row.GFlops = 2 * float64(s.M) * float64(s.N) * float64(s.K) / row.Seconds / 1e9
		rows = append(rows, row)
	}
	return rows
}
