package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
	"github.com/dinogpu/dinogpu/layers/tuning"
)

// tuningResult is what measuring the matmuls of some presets gave.
type tuningResult struct {
	Presets []tunedPreset `json:"presets"`
	Classes []tunedClass  `json:"classes"`
	Kept    bool          `json:"kept"` // for the parts that follow
	Trouble string        `json:"trouble,omitempty"`
}

// A tunedPreset says how many classes that no earlier preset has were measured.
type tunedPreset struct {
	Preset   string `json:"preset"`
	Measured int    `json:"measured"`
	Classes  int    `json:"classes"`
}

// A tunedClass is a class of matmuls: form, sizes as powers of two, f where an epilogue is fused.
type tunedClass struct {
	Class   string             `json:"class"`
	Choice  string             `json:"choice"`
	Seconds map[string]float64 `json:"seconds"` // of each candidate
}

// tuningWork measures without the choices that the user's cache has. Those that it finds are kept as the run's of a new user
// would be, in the cache that doctor's parts share.
func tuningWork(p *partWork) error {
	d, err := p.open()
	if err != nil {
		return err
	}
	defer d.Close()
	target, r := tuning.Forced(d, "auto"), &tuningResult{Presets: []tunedPreset{}, Classes: []tunedClass{}}
	for _, preset := range p.spec.Presets {
		if err := r.measure(p, d, &target, preset); err != nil {
			return err
		}
	}
	if p.spec.First {
		cache, err := tuning.OpenCache(d.Adapter, versionText())
		if err == nil {
			err = cache.Save(target.Choices)
		}
		if r.Kept = err == nil; err != nil {
			r.Trouble = err.Error()
		}
	}
	p.result(r)
	for _, x := range r.Presets {
		if x.Measured < x.Classes {
			p.tell(partEvent{Cut: fmt.Sprintf("its time was over with %d of %d kinds of matmul of preset %s measured", x.Measured, x.Classes, x.Preset)})
		}
	}
	return nil
}

// measure measures the classes of a preset that target has no choices for, and adds them there.
func (r *tuningResult) measure(p *partWork, d *gpu.Device, target *gpu.Target, preset string) error {
	s, err := p.spec.merged(preset)
	if err != nil {
		return err
	}
	p.at("recording preset %s", preset)
	recorded, err := recordWhatFits(&s, *target, p.app.console)
	if err != nil {
		return err
	}
	defer recorded.Release()
	row := tunedPreset{Preset: preset, Classes: newClasses(recorded.Programs(), target.Choices)}
	p.at("the first kind of matmul of preset %s", preset)
	choices, err := layers.Tune(p.app.ctx, d, *target, recorded.Programs(), time.Until(p.until), func(done, of int, t layers.Tuned) {
		row.Measured = done
		r.Classes = append(r.Classes, tunedClass{t.Class, t.Choice, t.Seconds})
		p.result(r)
		p.at("kind %d of %d of preset %s, after %s", done+1, of, preset, t.Class)
	})
	r.Presets = append(r.Presets, row)
	target.Choices = choices
	return err
}

// newClasses is how many classes of matmul the programs have for which nothing is chosen.
func newClasses(programs []*gpu.Program, known gpu.Choices) int {
	classes := map[string]bool{}
	for _, p := range programs {
		p.Each(func(k gpu.Kernel, _ []gpu.Tensor) {
			if m, ok := k.Info.(layers.MatmulInfo); ok && known[m.Class()] == "" {
				classes[m.Class()] = true
			}
		})
	}
	return len(classes)
}

// whole tells whether all classes of a preset were measured and are kept.
func (r *tuningResult) whole(preset string) bool {
	return r.Kept && slices.ContainsFunc(r.Presets, func(x tunedPreset) bool { return x.Preset == preset && x.Measured == x.Classes })
}

func (r *tuningResult) scrub(words func(string) string) { r.Trouble = words(r.Trouble) }

func (r *tuningResult) text(w io.Writer) error {
	for _, x := range r.Presets {
		fmt.Fprintf(w, "%d of %d kinds of matmul of preset %s\n", x.Measured, x.Classes, x.Preset)
	}
	chosen := map[string][]string{}
	for _, c := range r.Classes {
		chosen[c.Choice] = append(chosen[c.Choice], c.Class)
	}
	var names []string
	for name := range chosen {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return compareDown(float64(len(chosen[a])), float64(len(chosen[b])), a, b) })
	for _, name := range names {
		fmt.Fprintf(w, "%s: %s\n", name, strings.Join(chosen[name], " "))
	}
	return nil
}

// A tuningComparison is how two measurements chose.
type tuningComparison struct {
	Classes int            `json:"classes"` // that both measured
	Differ  []tuningDiffer `json:"differ"`
}

// A tuningDiffer is a class for which another variant was chosen the second time.
type tuningDiffer struct {
	Class  string  `json:"class"`
	First  string  `json:"first"`
	Second string  `json:"second"`
	Costs  float64 `json:"costs"` // how much longer the other choice takes at most, by either measurement, as a share

	Seconds [2]map[string]float64 `json:"seconds"`
}

// matters is what a choice may cost before it is named: noise makes as much.
const matters = 0.05

func compareTuning(a, b *tuningResult) *tuningComparison {
	c := &tuningComparison{Differ: []tuningDiffer{}}
	for _, x := range a.Classes {
		i := slices.IndexFunc(b.Classes, func(y tunedClass) bool { return y.Class == x.Class })
		if i < 0 {
			continue
		}
		c.Classes++
		y := b.Classes[i]
		if x.Choice == y.Choice {
			continue
		}
		d := tuningDiffer{Class: x.Class, First: x.Choice, Second: y.Choice, Seconds: [2]map[string]float64{x.Seconds, y.Seconds}}
		for _, cost := range []float64{x.Seconds[y.Choice]/x.Seconds[x.Choice] - 1, y.Seconds[x.Choice]/y.Seconds[y.Choice] - 1} {
			d.Costs = max(d.Costs, cost)
		}
		c.Differ = append(c.Differ, d)
	}
	return c
}

// costly is how many choices that differ matter.
func (c *tuningComparison) costly() int {
	n := 0
	for _, d := range c.Differ {
		if d.Costs > matters {
			n++
		}
	}
	return n
}

func (c *tuningComparison) text(w io.Writer) error {
	fmt.Fprintf(w, "%d of %d kinds were chosen otherwise the second time\n", len(c.Differ), c.Classes)
	for _, d := range c.Differ {
		us := func(n int, name string) string { return fmt.Sprintf("%.0f", 1e6*d.Seconds[n][name]) }
		fmt.Fprintf(w, "%s: %s (%s and %s us), then %s (%s and %s us), which is %.0f %%\n",
			d.Class, d.First, us(0, d.First), us(1, d.First), d.Second, us(0, d.Second), us(1, d.Second), 100*d.Costs)
	}
	return nil
}
