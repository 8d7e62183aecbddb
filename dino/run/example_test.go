package run_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/run"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/gpu"
)

// shortDemo is the demo's recipe for eight steps.
func shortDemo() settings.Settings {
	s, err := settings.FromPreset("demo")
	if err != nil {
		panic(err)
	}
	s.Config.Limit, s.Config.Epochs, s.Config.WarmupEpochs = 64, 2, 0
	s.Run.Tune = false // measuring matmuls takes longer than eight steps
	return s
}

// Trains the demo for a few steps.
func Example() {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)

	ctx := context.Background()
	r, err := run.New(ctx, run.Options{Settings: shortDemo(), Folder: filepath.Join(folder, "run")})
	if err != nil {
		panic(err)
	}
	defer r.Close()
	if err := r.Train(ctx); err != nil {
		panic(err)
	}
	fmt.Println("steps:", r.Step())
	// Output: steps: 8
}

// Stops a run after five steps and goes on with it.
func ExampleResume() {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)

	ctx := context.Background()
	s := shortDemo()
	s.Run.MaxSteps = 5
	r, err := run.New(ctx, run.Options{Settings: s, Folder: filepath.Join(folder, "run")})
	if err != nil {
		panic(err)
	}
	err = r.Train(ctx)
	r.Close()
	fmt.Println("stopped:", errors.Is(err, run.ErrStopped), "after", r.Step())

	r, err = run.Resume(ctx, r.Folder().Path(), run.Options{})
	if err != nil {
		panic(err)
	}
	defer r.Close()
	if err := r.Train(ctx); err != nil {
		panic(err)
	}
	fmt.Println("steps:", r.Step())
	// Output:
	// stopped: true after 5
	// steps: 8
}

// Begins a run with the weights of another, its head first.
func ExampleOptions_initial() {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	ctx := context.Background()
	r, err := run.New(ctx, run.Options{Settings: shortDemo(), Folder: filepath.Join(folder, "before")})
	if err != nil {
		panic(err)
	}
	if err := errors.Join(r.Train(ctx), r.Close()); err != nil {
		panic(err)
	}

	model, err := weights.Open(r.Folder().Path(), weights.Options{})
	if err != nil {
		panic(err)
	}
	s := shortDemo()
	s.Config.OutDim, s.Config.HeadWarmupEpochs = 256, 1
	r, err = run.New(ctx, run.Options{Settings: s, Initial: model, Folder: filepath.Join(folder, "after")})
	if err != nil {
		panic(err)
	}
	defer r.Close()
	fmt.Println(r.Settings().Config.InitFrom == model.File)
	// Output: true
}

// Reads a run's weights and turns images into features.
func Example_embed() {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	ctx := context.Background()
	r, err := run.New(ctx, run.Options{Settings: shortDemo(), Folder: filepath.Join(folder, "run")})
	if err != nil {
		panic(err)
	}
	if err := errors.Join(r.Train(ctx), r.Close()); err != nil {
		panic(err)
	}

	model, err := weights.Open(r.Folder().Path(), weights.Options{Notice: func(err error) { fmt.Println(err) }})
	if err != nil {
		panic(err)
	}
	d, err := gpu.Open("")
	if err != nil {
		panic(err)
	}
	defer d.Close()
	teacher, err := model.Upload(d, weights.RoleTeacher)
	if err != nil {
		panic(err)
	}
	defer teacher.Release()
	side := model.ViT.ImageSize
	backbone, err := dino.NewBackbone(d, d.Target(), dino.BackboneConfig{
		ViT: model.ViT, Mean: model.Mean, Std: model.Std, Height: side, Width: side, Blocks: 1,
	}, teacher)
	if err != nil {
		panic(err)
	}
	defer backbone.Release()

	images, _, err := augment.Demo()
	if err != nil {
		panic(err)
	}
	var pixels [][]uint8
	for i := range 10 {
		im, err := images.Decode(i)
		if err != nil {
			panic(err)
		}
		pixels = append(pixels, augment.EvalView(im, side))
	}
	out, err := backbone.Run(ctx, pixels)
	if err != nil {
		panic(err)
	}
	fmt.Println(len(out.Class[0])/model.ViT.Dim, "features of", model.ViT.Dim, "values")
	// Output: 10 features of 96 values
}
