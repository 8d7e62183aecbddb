package dino

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/nlpodyssey/safetensors"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// device opens the adapter for the tests once; no adapter is a failure, never a skip.
var device = sync.OnceValues(func() (*gpu.Device, error) { return gpu.Open(os.Getenv("DINOGPU_ADAPTER")) })

func openDevice(t *testing.T) *gpu.Device {
	t.Helper()
	d, err := device()
	if err != nil {
		t.Fatalf("the tests need a GPU or a software Vulkan driver: %v", err)
	}
	return d
}

// targets are the ways a program can be recorded; all have to give the same model.
var targets = map[string]gpu.Target{"software": gpu.SoftwareTarget, "gpu": gpu.GPUTarget}

// golden is a file of numbers from PyTorch.
type golden struct {
	t    *testing.T
	file string
	st   safetensors.SafeTensors
	meta map[string]string
}

func readGolden(t *testing.T, name string) *golden {
	t.Helper()
	data, err := os.ReadFile("../testdata/golden/" + name + ".safetensors")
	if err != nil {
		t.Fatal(err)
	}
	st, err := safetensors.Deserialize(data)
	if err != nil {
		t.Fatal(err)
	}
	_, m, err := safetensors.ReadMetadata(data)
	if err != nil {
		t.Fatal(err)
	}
	return &golden{t: t, file: name, st: st, meta: m.Metadata()}
}

func (g *golden) values(name string) []float32 {
	g.t.Helper()
	v, ok := g.st.Tensor(name)
	if !ok {
		g.t.Fatalf("%s has no %s", g.file, name)
	}
	raw := v.Data()
	out := make([]float32, len(raw)/4)
	for i := range out {
		out[i] = math.Float32frombits(uint32(raw[4*i]) | uint32(raw[4*i+1])<<8 | uint32(raw[4*i+2])<<16 | uint32(raw[4*i+3])<<24)
	}
	return out
}

func (g *golden) doubles(name string) []float64 {
	g.t.Helper()
	v, ok := g.st.Tensor(name)
	if !ok {
		g.t.Fatalf("%s has no %s", g.file, name)
	}
	raw := v.Data()
	out := make([]float64, len(raw)/8)
	for i := range out {
		var bits uint64
		for k := range 8 {
			bits |= uint64(raw[8*i+k]) << (8 * k)
		}
		out[i] = math.Float64frombits(bits)
	}
	return out
}

func (g *golden) has(name string) bool {
	_, ok := g.st.Tensor(name)
	return ok
}

func (g *golden) int(key string) int {
	g.t.Helper()
	n, err := strconv.Atoi(g.meta[key])
	if err != nil {
		g.t.Fatalf("%s: metadata %s: %v", g.file, key, err)
	}
	return n
}

func (g *golden) float(key string) float64 {
	g.t.Helper()
	n, err := strconv.ParseFloat(g.meta[key], 64)
	if err != nil {
		g.t.Fatalf("%s: metadata %s: %v", g.file, key, err)
	}
	return n
}

// config is the run that the file's metadata describes.
func (g *golden) config() settings.Config {
	c := settings.DefaultConfig()
	c.Dim, c.Depth, c.Heads, c.PatchSize = g.int("dim"), g.int("depth"), g.int("heads"), g.int("patch")
	c.GlobalCropsSize, c.LocalCropsSize, c.LocalCropsNumber = g.int("size"), g.int("local"), g.int("locals")
	c.HeadLayers, c.HeadHidden, c.HeadBottleneck, c.OutDim = 3, g.int("hidden"), g.int("bottleneck"), g.int("k")
	c.BatchSize, c.Epochs, c.WarmupEpochs, c.DropPathRate = g.int("batch"), g.int("epochs"), g.int("warmup"), 0
	c.LR, c.MinLR = g.float("lr")*256/float64(c.BatchSize), g.float("min_lr") // the files hold the rate that was used
	c.WeightDecay, c.WeightDecayEnd, c.MomentumTeacher = g.float("wd"), g.float("wd_end"), g.float("momentum")
	c.WarmupTeacherTemp, c.TeacherTemp, c.WarmupTeacherTempEpochs = 0.04, 0.07, 3
	c.Optimizer, c.ClipGrad = g.meta["optimizer"], 0
	if clip := g.meta["clip"]; clip != "" && clip != "None" {
		c.ClipGrad = g.float("clip")
	}
	if g.meta["freeze_epochs"] != "" {
		c.FreezeLastLayer = g.int("freeze_epochs")
	}
	c.NormLastLayer = strings.EqualFold(g.meta["norm_last_layer"], "true")
	return c
}

// near holds got beside want: the largest difference over the largest want.
func (g *golden) near(what string, got, want []float32, tolerance float64) {
	g.t.Helper()
	if len(got) != len(want) {
		g.t.Errorf("%s has %d values, want %d", what, len(got), len(want))
		return
	}
	var worst, most float64
	at := 0
	for i := range want {
		if d := math.Abs(float64(got[i]) - float64(want[i])); !(d <= worst) {
			worst, at = d, i
		}
		most = max(most, math.Abs(float64(want[i])))
	}
	if !(worst <= tolerance*most) {
		g.t.Errorf("%s[%d] is %g, want %g: off by %.2g of the largest entry, allowed %.2g", what, at, got[at], want[at], worst/most, tolerance)
	}
}

func readTensor(t *testing.T, d *gpu.Device, x gpu.Tensor) []float32 {
	t.Helper()
	v := make([]float32, x.Len())
	if err := d.Read(x, v); err != nil {
		t.Fatal(err)
	}
	return v
}

// loadArena writes a named set of tensors into an arena.
func (g *golden) loadArena(d *gpu.Device, a *layers.Arena, prefix string) {
	g.t.Helper()
	for _, p := range a.Layout.List {
		part := a.Parts[p.Part].Slice(p.Name, p.Offset, p.Shape...)
		if err := d.Write(part, g.values(prefix+p.Name)); err != nil {
			g.t.Fatal(err)
		}
	}
}

// goldenTrainer builds a trainer with the file's weights and centre.
func (g *golden) trainer(d *gpu.Device, target gpu.Target, crops string) *Trainer {
	g.t.Helper()
	c := g.config()
	tr, err := Record(c, target, g.int("per_epoch"), Options{Crops: crops, Floats: true})
	if err != nil {
		g.t.Fatal(err)
	}
	if err := tr.Build(d); err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(tr.Release)
	g.loadArena(d, tr.Student, "student.init.")
	g.loadArena(d, tr.Teacher, "teacher.init.")
	if err := d.Write(tr.loss.Center, g.values("center.init")); err != nil {
		g.t.Fatal(err)
	}
	return tr
}

// fillCrops gives a trainer a step's crops.
func (g *golden) fillCrops(d *gpu.Device, tr *Trainer, step int) error {
	for _, group := range tr.groups {
		var all []float32
		for v := group.first; v < group.first+group.count; v++ {
			all = append(all, g.values(fmt.Sprintf("step%d.crop.%d", step, v))...)
		}
		if err := d.Write(group.input, all); err != nil {
			return err
		}
	}
	return nil
}
