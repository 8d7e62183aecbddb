package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/eval"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

type shadersCmd struct {
	recipeFlags

	Out string `required:"" group:"run" placeholder:"DIR" help:"Folder for the .wgsl files. It is made if it is not there."`
}

// Help is what --help says before the flags.
func (shadersCmd) Help() string {
	return "Writes every kernel that training the preset may run, for GPUs, for GPUs by DX12 and for software adapters, with any optimizer, method and ablation and any matmul that tuning may choose, as a complete WGSL file. Needs no GPU and no driver."
}

// Run writes the kernels.
func (c *shadersCmd) Run(a *app) error {
	s := c.settings
	files := map[string]string{}
	add := func(k gpu.Kernel) { files[shaderFile(k)] = k.Source }
	small := s // what methods and ablations bring of their own is the same for any batch and depth
	small.Config.BatchSize, small.Config.Depth = 2, 1
	for _, target := range []gpu.Target{gpu.GPUTarget, gpu.DX12Target, gpu.SoftwareTarget} {
		if err := eachKernel(s, target, a.console, add); err != nil {
			return err
		}
		if err := methodKernels(small, target, a.console, add); err != nil {
			return err
		}
		if err := resNetKernels(target, add); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return fmt.Errorf("%w; choose another folder with --out", err)
	}
	for name, source := range files {
		if err := os.WriteFile(filepath.Join(c.Out, name), []byte(source), 0o644); err != nil {
			return fmt.Errorf("%w; choose another folder with --out", err)
		}
	}
	of := ""
	if s.Preset != "" {
		of = " of preset " + s.Preset
	}
	fmt.Fprintf(a.stdout, "%d kernels%s in %s\n", len(files), of, c.Out)
	return nil
}

// eachKernel calls add with every kernel that a target may run with the settings.
func eachKernel(s settings.Settings, target gpu.Target, con *console, add func(gpu.Kernel)) error {
	if err := trainingKernels(s, target, con, add); err != nil {
		return err
	}
	return evaluationKernels(s.Config, target, add)
}

// trainingKernels are the kernels of training with each optimizer, and with each matmul variant that tuning may choose.
func trainingKernels(s settings.Settings, target gpu.Target, con *console, add func(gpu.Kernel)) error {
	record := func(s settings.Settings, target gpu.Target) (classes []string, err error) {
		t, err := recordWhatFits(&s, target, con)
		if err != nil {
			return nil, err
		}
		for _, p := range t.Programs() {
			p.Each(func(k gpu.Kernel, _ []gpu.Tensor) {
				add(k)
				if m, ok := k.Info.(layers.MatmulInfo); ok {
					classes = append(classes, m.Class())
				}
			})
		}
		return classes, nil
	}
	var classes []string
	for _, optimizer := range settings.Optimizers() {
		s.Config.Optimizer = optimizer
		var err error
		if classes, err = record(s, target); err != nil {
			return err
		}
	}
	con = &console{w: io.Discard, now: con.now} // what does not fit was said
	for _, variant := range layers.Candidates(target) {
		target.Choices = gpu.Choices{}
		for _, class := range classes {
			target.Choices[class] = variant
		}
		if _, err := record(s, target); err != nil {
			return err
		}
	}
	return nil
}

// evaluationKernels are those of frozen backbones, their attention, the search for neighbors, linear classifiers, and
// videos.
func evaluationKernels(c settings.Config, target gpu.Target, add func(gpu.Kernel)) error {
	backbone := dino.BackboneOf(c)
	backbone.Batch, backbone.Blocks, backbone.Attention = 1, min(2, backbone.ViT.Depth), []int{backbone.ViT.Depth - 1}
	layout, err := dino.Layout(c)
	if err != nil {
		return err
	}
	embed, err := dino.BackboneProgram(target, backbone, layout.NewArena("weights"))
	if err != nil {
		return err
	}
	p := gpu.NewProgram("evaluation", target)
	for _, k := range []int{eval.DemoK, 200} {
		layers.TopK(p, gpu.NewTensor("similarities", 64, layers.TopKChunk(k)), gpu.NewTensor("values", 64, k),
			gpu.NewTensor("numbers", 64, k), gpu.NewTensor("chunk", 4))
	}
	classifiers, err := layers.NewClassifiers(layers.ClassifierConfig{Classes: 1000, Dim: 4 * backbone.ViT.Dim, Batch: 128, Count: 1})
	if err != nil {
		return err
	}
	classifiers.Train(p)
	video, err := eval.VideoProgram(target, backbone.ViT.Dim, backbone.ViT.Patch)
	if err != nil {
		return err
	}
	for _, k := range slices.Concat(embed.Kernels(), p.Kernels(), video.Kernels()) {
		add(k)
	}
	return p.Err()
}

// shaderFile tells a kernel's specialisations apart by their text, and is the same from one build to the next.
func shaderFile(k gpu.Kernel) string {
	hash := sha256.Sum256([]byte(k.Source))
	return fmt.Sprintf("%s-%x.wgsl", k.Name, hash[:4])
}
