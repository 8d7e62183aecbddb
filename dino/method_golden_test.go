package dino

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// A methodRun is one of the runs of testdata/golden/make_methods.py: six steps of a method, from the weights of
// methods_start.
type methodRun struct {
	file string // byol
	row  string // its row in the file; empty: the main run
	set  func(c *settings.Config)

	copied bool    // the teacher begins as the student
	losses float64 // their tolerance, relative; 0: 1e-4
	moved  float64 // the weights', of the distance moved; 0: 1e-2
}

// noGradient tells whether a parameter's true gradient is zero, which leaves nothing to compare: a linear layer's bias ahead
// of a batch norm, and the ViT's last norm's where the head begins with one.
func noGradient(c settings.Config, l *layers.Params, name string) bool {
	if strings.HasSuffix(name, "qkv.bias") {
		return true
	}
	prefix, isBias := strings.CutSuffix(name, ".bias")
	if !isBias {
		return false
	}
	normed := func(prefix string) bool { // the next of a Sequential is a batch norm
		dot := strings.LastIndexByte(prefix, '.')
		at, err := strconv.Atoi(prefix[dot+1:])
		if err != nil {
			return false
		}
		mean := fmt.Sprintf("%s%d.running_mean", prefix[:dot+1], at+1)
		return slices.ContainsFunc(l.List, func(p layers.Param) bool { return p.Name == mean })
	}
	if name == settings.BackbonePrefix+"norm.bias" {
		for _, p := range l.List {
			if first, ok := strings.CutSuffix(p.Name, ".weight"); ok && strings.HasPrefix(p.Name, settings.HeadPrefix) {
				return normed(first)
			}
		}
	}
	return normed(prefix)
}

// check trains the run on both targets and holds everything that its file has beside it.
func (x methodRun) check(t *testing.T) {
	t.Run(x.file+"/"+x.row, func(t *testing.T) {
		for name, target := range targets {
			t.Run(name, func(t *testing.T) { x.on(t, target) })
		}
	})
}

func (x methodRun) on(t *testing.T, target gpu.Target) {
	d := openDevice(t)
	g, start, inputs := readGolden(t, x.file), readGolden(t, "methods_start"), readGolden(t, "methods_inputs")
	row := ""
	if x.row != "" {
		row = x.row + "."
	}
	of := func(name string) string { // the row's, or the file's
		if g.Has(row + name) {
			return row + name
		}
		return name
	}
	c := g.methodConfig(of("log.lr"))
	x.set(&c)
	shown := map[string]gpu.Tensor{}
	tr, err := Record(c, target, g.Int("per_epoch"), Options{Crops: settings.CropsBySize, Floats: true, shown: shown})
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Build(d); err != nil {
		t.Fatal(err)
	}
	defer tr.Release()
	begun := map[string][]float32{}
	for _, net := range []struct {
		name, from string
		arena      *layers.Arena
	}{{"student", "student", tr.Student}, {"teacher", "teacher", tr.Teacher}} {
		if x.copied {
			net.from = "student"
		}
		for _, p := range tr.Layout.List {
			value := startOf(g, start, of, net.from, c, p)
			if value == nil {
				continue // as drawn: a gain of 1, running statistics
			}
			begun[net.name+"."+p.Name] = value
			if err := d.Write(net.arena.Tensor(p.Name), value); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, k := range tr.method.Kept() {
		if name := of("init." + k.Name); g.Has(name) {
			if err := d.Write(k.Tensor, kept(g, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	losses := g.Float64s(of("log.loss"))
	tolerance := cmpOr(x.losses, 1e-4)
	for step := range losses {
		tr.upload = func(*augment.Batch) error { return inputs.fillMethod(d, tr, step) }
		m, err := tr.Step(nil)
		if err != nil {
			t.Fatal(err)
		}
		if !(math.Abs(m.Loss-losses[step]) <= tolerance*math.Abs(losses[step])) {
			t.Errorf("step %d: the loss is %g, want %g", step, m.Loss, losses[step])
		}
		for key, got := range map[string]float64{"log.entropy": m.Entropy, "log.kl": m.KL} {
			if !math.IsNaN(got) && g.Has(row+key) && !(math.Abs(got-g.Float64s(row + key)[step]) <= tolerance*math.Abs(losses[step])) {
				t.Errorf("step %d: %s is %g, want %g", step, key, got, g.Float64s(row + key)[step])
			}
		}
		if step == 0 {
			x.checkStep0(g, d, tr, row, shown)
		}
		for _, k := range tr.method.Kept() {
			if name := fmt.Sprintf("%sstep%d.after.%s", row, step, k.Name); g.Has(name) {
				g.near(name, readTensor(t, d, k.Tensor), kept(g, name), 1e-5*kindness(step))
			}
		}
	}
	x.checkEnd(g, d, tr, row, begun)
}

// kindness: what is kept is summed up from outputs that have come to differ as the losses have.
func kindness(step int) float64 {
	if step == 0 {
		return 1
	}
	return 100
}

func cmpOr(v, otherwise float64) float64 {
	if v == 0 {
		return otherwise
	}
	return v
}

func kept(g *goldenFile, name string) []float32 {
	if g.Type(name) == "I64" {
		var v []float32
		for _, n := range g.Ints(name) {
			v = append(v, float32(n))
		}
		return v
	}
	return g.Float32s(name)
}

// startOf is what a parameter begins with; nil: as drawn.
func startOf(g, start *goldenFile, of func(string) string, net string, c settings.Config, p layers.Param) []float32 {
	kind := "vit."
	if !strings.HasPrefix(c.Arch, "vit") {
		kind = "resnet."
	}
	if name := of("init." + net + "." + p.Name); g.Has(name) && g.Type(name) == "F32" {
		return g.Float32s(name)
	}
	if name := kind + net + "." + p.Name; start.Has(name) {
		return start.Float32s(name)
	}
	return nil
}

// methodConfig is the run that the file's metadata describes, without what a method sets.
func (g *goldenFile) methodConfig(rates string) Config {
	c := settings.DefaultConfig()
	c.Dim, c.Depth, c.Heads, c.PatchSize = g.Int("dim"), g.Int("depth"), g.Int("heads"), g.Int("patch")
	c.GlobalCropsSize, c.LocalCropsSize, c.LocalCropsNumber = g.Int("size"), g.Int("local"), g.Int("locals")
	c.HeadLayers, c.HeadHidden, c.HeadBottleneck, c.OutDim = 3, g.Int("hidden"), g.Int("bottleneck"), g.Int("k")
	c.BatchSize, c.Epochs, c.WarmupEpochs, c.DropPathRate = g.Int("batch"), g.Int("epochs"), 0, 0
	c.LR, c.MinLR = g.Float64s(rates)[0]*256/float64(c.BatchSize), g.Float("min_lr")
	c.WeightDecay, c.WeightDecayEnd, c.MomentumTeacher = g.Float("wd"), g.Float("wd_end"), g.Float("momentum")
	c.WarmupTeacherTemp, c.TeacherTemp, c.WarmupTeacherTempEpochs = 0.04, 0.07, 3
	c.Optimizer, c.ClipGrad, c.FreezeLastLayer, c.NormLastLayer = settings.SGD, 0, 0, false
	return c
}

// fillMethod gives a trainer a step's crops, and its labels if it takes any.
func (g *goldenFile) fillMethod(d *gpu.Device, tr *Trainer, step int) error {
	if m, ok := tr.method.(uploader); ok {
		if err := m.Upload(d, &augment.Batch{Labels: g.Ints(fmt.Sprintf("step%d.labels", step))}); err != nil {
			return err
		}
	}
	return g.fillCrops(d, tr, step)
}

// checkStep0 holds gradients, targets and buffers of the first step.
func (x methodRun) checkStep0(g *goldenFile, d *gpu.Device, tr *Trainer, row string, shown map[string]gpu.Tensor) {
	g.t.Helper()
	largest := 0.0
	for _, p := range tr.Layout.List {
		if name := row + "step0.grad." + p.Name; g.Has(name) {
			for _, v := range g.Float32s(name) {
				largest = max(largest, math.Abs(float64(v)))
			}
		}
	}
	for _, p := range tr.Layout.List {
		name := row + "step0.grad." + p.Name
		if !g.Has(name) || p.Frozen || noGradient(tr.Config, tr.Layout, p.Name) {
			continue
		}
		g.near(name, readTensor(g.t, d, tr.gradients.Tensor(p.Name)), g.Float32s(name), 1e-3)
	}
	for what, tolerance := range map[string]float64{"grad.output": 1e-4, "target": 1e-4} {
		name := row + "step0." + what
		if got := x.rows(g, tr, what, shown); got != nil && g.Has(name) {
			g.near(name, got, g.Float32s(name), tolerance)
		}
	}
	for _, p := range tr.Layout.List {
		if name := row + "after_forward." + p.Name; p.Buffer && g.Has(name) {
			g.near(name, readTensor(g.t, d, tr.Student.Tensor(p.Name)), kept(g, name), 1e-5)
		}
	}
}

// rows are what a method showed under a name, one part behind the other.
func (x methodRun) rows(g *goldenFile, tr *Trainer, what string, shown map[string]gpu.Tensor) []float32 {
	number := func(name string) int {
		n, _ := strconv.Atoi(name[strings.LastIndexByte(name, '.')+1:])
		return n
	}
	names := slices.SortedFunc(maps.Keys(shown), func(a, b string) int { return number(a) - number(b) })
	var all []float32
	for _, name := range names {
		if strings.TrimSuffix(name, fmt.Sprintf(".%d", number(name))) != what {
			continue
		}
		v := make([]float32, shown[name].Len())
		if err := tr.crops.Read(shown[name], v); err != nil {
			g.t.Fatal(err)
		}
		all = append(all, v...)
	}
	return all
}

// checkEnd holds weights and running statistics after the last step, weights by how far they moved.
func (x methodRun) checkEnd(g *goldenFile, d *gpu.Device, tr *Trainer, row string, begun map[string][]float32) {
	g.t.Helper()
	for net, arena := range map[string]*layers.Arena{"student": tr.Student, "teacher": tr.Teacher} {
		for _, p := range tr.Layout.List {
			name := row + "after6." + net + "." + p.Name
			if !g.Has(name) || noGradient(tr.Config, tr.Layout, p.Name) {
				continue
			}
			got, want := readTensor(g.t, d, arena.Tensor(p.Name)), kept(g, name)
			if p.Buffer {
				// under Adam the bias ahead of a norm drifts on rounding noise, and the mean with it
				if tr.Config.Optimizer != settings.AdamW || !strings.HasSuffix(name, "running_mean") {
					g.near(name, got, want, 1e-3)
				}
				continue
			}
			first := begun[net+"."+p.Name]
			var off, moved float64
			for i := range want {
				at := p.Init.Constant
				if first != nil {
					at = first[i]
				}
				off += sq(got[i] - want[i])
				moved += sq(want[i] - at)
			}
			if !(math.Sqrt(off) <= cmpOr(x.moved, 1e-2)*math.Sqrt(moved)+1e-7*float64(len(want))) {
				g.t.Errorf("%s is off by %.2g of the distance it moved", name, math.Sqrt(off/moved))
			}
		}
	}
}
