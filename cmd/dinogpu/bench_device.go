package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
	"github.com/dinogpu/dinogpu/layers/tuning"
)

// A measurement by the wall clock should last this long at least, or what it costs to submit is measured.
const measurable = 20 * time.Millisecond

// arithmetic finds the rate of scalar fma: the more chains, the better latencies hide, until registers run out.
func (m *bencher) arithmetic() error {
	m.app.console.Status("bench: arithmetic")
	invocations := 1 << 20
	if m.device.Adapter.Software {
		invocations = 1 << 16
	}
	out := gpu.NewTensor("fma", invocations)
	defer gpu.Release(out)
	for _, chains := range []int{4, 8, 12, 16} {
		record := func(p *gpu.Program) { layers.BenchFMA(p, chains, out) }
		one := gpu.NewProgram("fma", m.target)
		record(one)
		seconds, err := m.best("fma", record)
		if err != nil {
			return err
		}
		m.report.FMA = max(m.report.FMA, float64(one.Flops())/seconds/1e9)
	}
	return nil
}

// copies finds the memory's rate, past what caches hold.
func (m *bencher) copies() error {
	m.app.console.Status("bench: memory")
	const elements = 16 << 20
	x, out := gpu.NewTensor("x", elements), gpu.NewTensor("copy", elements)
	defer gpu.Release(x, out)
	seconds, err := m.best("copy", func(p *gpu.Program) { layers.BenchCopy(p, x, out) })
	if err != nil {
		return err
	}
	m.report.Copy = 2 * 4 * elements / seconds / 1e9
	return nil
}

// best is the shortest time of what record records: of several runs, of as many repeats as the clock needs.
func (m *bencher) best(name string, record func(p *gpu.Program)) (float64, error) {
	until := time.Now().Add(m.time / 40)
	for repeats := 1; ; repeats *= 4 {
		p := gpu.NewProgram(name, m.target)
		for range repeats {
			record(p)
		}
		seconds, err := m.bestRun(p, until)
		p.Release()
		if err != nil {
			return 0, err
		}
		if seconds >= measurable.Seconds() || repeats >= 256 || time.Now().After(until) {
			return seconds / float64(repeats), nil
		}
	}
}

// bestRun builds p and runs it up to five times after a warm-up, fewer when time is up.
func (m *bencher) bestRun(p *gpu.Program, until time.Time) (float64, error) {
	if err := p.Build(m.device); err != nil {
		return 0, err
	}
	best := 0.0
	for run := range 6 {
		if err := m.device.Wait(); err != nil {
			return 0, err
		}
		start := time.Now()
		if err := errors.Join(p.Run(), m.device.Wait()); err != nil {
			return 0, err
		}
		seconds := time.Since(start).Seconds()
		if run == 1 || run > 1 && seconds < best {
			best = seconds
		}
		if run > 0 && time.Now().After(until) {
			break
		}
	}
	return best, nil
}

// squares measures matmuls of one size that every adapter can be compared by, in all forms and members.
func (m *bencher) squares() error {
	m.app.console.Status("bench: matmuls")
	const n = 512
	r := rand.New(rand.NewPCG(1, 2))
	v := make([]float32, n*n)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	for _, member := range []gpu.Matmul{gpu.Tile, gpu.Register, gpu.Texel} {
		if m.target.DX12 && m.target.Matmul != member && member == gpu.Tile {
			continue // FXC would take a minute
		}
		target := m.target
		if target.Matmul != member {
			target = tuning.Force(target, string(member))
		}
		for _, form := range []layers.Form{layers.NT, layers.NN, layers.TN} {
			p := gpu.NewProgram("square", target)
			a, b, c := gpu.NewTensor("a", n, n), gpu.NewTensor("b", n, n), gpu.NewTensor("c", n, n)
			layers.MatMul(p, form, a, b, c, layers.Epilogue{})
			err := p.Build(m.device)
			for _, t := range []gpu.Tensor{a, b} {
				if err == nil {
					err = m.device.Write(t, v)
				}
			}
			var times []gpu.OpTime
			if err == nil {
				times, err = m.profile(p, 20)
			}
			p.Release()
			gpu.Release(a, b, c)
			if err != nil {
				return err
			}
			for _, row := range m.matmuls(times, 1) {
				row.Name = fmt.Sprintf("%d^3 %s", n, row.Name)
				m.report.Matmul = append(m.report.Matmul, row)
			}
		}
	}
	return nil
}
