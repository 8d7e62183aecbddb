package dino

import (
	"fmt"
	"math"
	"os"
	"sync"
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
	"github.com/dinogpu/dinogpu/testdata/golden"
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

// everyTarget has DX12's too: register matmuls with the texel attention and a GPU's other kernels.
var everyTarget = map[string]gpu.Target{"software": gpu.SoftwareTarget, "gpu": gpu.GPUTarget, "dx12": gpu.DX12Target}

// goldenFile is a file of numbers from PyTorch, made by testdata/golden/make.py.
type goldenFile struct {
	*golden.File
	t *testing.T
}

func readGolden(t *testing.T, name string) *goldenFile {
	t.Helper()
	return &goldenFile{File: golden.Open(t, name+".safetensors"), t: t}
}

// config is the run that the file's metadata describes.
func (g *goldenFile) config() Config {
	c := settings.DefaultConfig()
	c.Dim, c.Depth, c.Heads, c.PatchSize = g.Int("dim"), g.Int("depth"), g.Int("heads"), g.Int("patch")
	c.GlobalCropsSize, c.LocalCropsSize, c.LocalCropsNumber = g.Int("size"), g.Int("local"), g.Int("locals")
	c.HeadLayers, c.HeadHidden, c.HeadBottleneck, c.OutDim = 3, g.Int("hidden"), g.Int("bottleneck"), g.Int("k")
	c.BatchSize, c.Epochs, c.WarmupEpochs, c.DropPathRate = g.Int("batch"), g.Int("epochs"), g.Int("warmup"), 0
	c.LR, c.MinLR = g.Float("lr")*256/float64(c.BatchSize), g.Float("min_lr") // the files hold the rate that was used
	c.WeightDecay, c.WeightDecayEnd, c.MomentumTeacher = g.Float("wd"), g.Float("wd_end"), g.Float("momentum")
	c.WarmupTeacherTemp, c.TeacherTemp, c.WarmupTeacherTempEpochs = 0.04, 0.07, 3
	c.Optimizer, c.ClipGrad, c.FreezeLastLayer = settings.Optimizer(g.Setting("optimizer")), g.Float("clip"), g.Int("freeze_epochs")
	c.NormLastLayer = g.Setting("norm_last_layer") == "True" // as Python writes it
	return c
}

// near holds got beside want: the largest difference over the largest want.
func (g *goldenFile) near(what string, got, want []float32, tolerance float64) {
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
func (g *goldenFile) loadArena(d *gpu.Device, a *layers.Arena, prefix string) {
	g.t.Helper()
	for _, p := range a.Layout.List {
		part := a.Parts[p.Part].Slice(p.Name, p.Offset, p.Shape...)
		if err := d.Write(part, g.Float32s(prefix+p.Name)); err != nil {
			g.t.Fatal(err)
		}
	}
}

// goldenTrainer builds a trainer with the file's weights and center.
func (g *goldenFile) trainer(d *gpu.Device, target gpu.Target, crops settings.Crops) *Trainer {
	g.t.Helper()
	c := g.config()
	tr, err := Record(c, target, g.Int("per_epoch"), Options{Crops: crops, Floats: true})
	if err != nil {
		g.t.Fatal(err)
	}
	if err := tr.Build(d); err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(tr.Release)
	g.loadArena(d, tr.Student, "student.init.")
	g.loadArena(d, tr.Teacher, "teacher.init.")
	if err := d.Write(lossOf(tr).Center, g.Float32s("center.init")); err != nil {
		g.t.Fatal(err)
	}
	return tr
}

// fillCrops gives a trainer a step's crops.
func (g *goldenFile) fillCrops(d *gpu.Device, tr *Trainer, step int) error {
	for _, group := range tr.groups {
		var all []float32
		for v := group.first; v < group.first+group.count; v++ {
			all = append(all, g.Float32s(fmt.Sprintf("step%d.crop.%d", step, v))...)
		}
		if err := d.Write(group.input, all); err != nil {
			return err
		}
	}
	return nil
}
