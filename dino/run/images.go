package run

import (
	"context"
	"fmt"
	"runtime"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/settings"
)

// OpenImages opens the images that c trains on.
func OpenImages(c settings.Config) (augment.Source, error) {
	if c.Data == settings.DataDemo {
		train, _, err := augment.Demo()
		if err != nil {
			return nil, err
		}
		return augment.Limit(train, c.Limit), nil
	}
	src, err := augment.Open(c.Data.List()...)
	if err != nil {
		return nil, err
	}
	src = augment.Limit(src, c.Limit)
	switch r := c.Range; {
	case r.Auto:
		if lo, hi, ok := augment.FindRange(src, probes); ok && lo < hi {
			src = augment.WithRange(src, lo, hi)
		}
	case r.Set():
		src = augment.WithRange(src, r.Lo, r.Hi)
	}
	return src, nil
}

// probes is how many images are looked at for the range of their samples.
const probes = 32

// rangeWords says what became of the images' samples, or that they use so little of 16 bits that hardly any gray levels
// are left; empty: nothing.
func rangeWords(c settings.Config, images augment.Source) string {
	if lo, hi, ok := augment.RangeOf(images); ok {
		return fmt.Sprintf("samples from %g to %g become black to white", lo, hi)
	}
	if c.Range.Auto {
		return "no image has samples of more than 8 bits, so `range` auto changes nothing"
	}
	if lo, hi, ok := augment.FindRange(images, probes); ok && lo < hi && 16*(hi-lo) < 1<<16 {
		return fmt.Sprintf("advice: the images' samples go from %g to %g of 65535, which leaves %.0f gray levels: set `range` auto, or `range` %g,%g", lo, hi, (hi-lo)/256+1, lo, hi)
	}
	return ""
}

// openWithin is OpenImages, left behind when ctx ends: a disk or a network that does not answer holds up no exit.
func openWithin(ctx context.Context, c settings.Config) (augment.Source, error) {
	type opened struct {
		images augment.Source
		err    error
	}
	done := make(chan opened, 1)
	go func() {
		images, err := OpenImages(c)
		done <- opened{images, err}
	}()
	select {
	case o := <-done:
		return o.images, o.err
	case <-ctx.Done():
		return nil, ErrNotBegun
	}
}

// CheckImages tells why a run of c could not train on images: too few for one step, for example.
func CheckImages(c settings.Config, images augment.Source) (stepsPerEpoch int, err error) {
	l, err := augment.NewLoader(images, loaderConfig(c))
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.StepsPerEpoch(), nil
}

// loaderConfig is how the run's images are cropped and mixed.
func loaderConfig(c settings.Config) augment.LoaderConfig {
	recipe := augment.Reference
	if c.Augmentation == "light" {
		recipe = augment.Light
	}
	workers := c.NumWorkers
	if workers == 0 {
		workers = runtime.NumCPU()
	}
	pair := func(r settings.Range) [2]float64 { return [2]float64{r.Lo, r.Hi} }
	return augment.LoaderConfig{
		Recipe:    recipe(c.GlobalCropsSize, pair(c.GlobalCropsScale), c.LocalCropsNumber, c.LocalCropsSize, pair(c.LocalCropsScale)),
		BatchSize: c.BatchSize, Accumulate: c.Accumulate, Seed: c.Seed, Workers: workers, Queue: 4,
	}
}

// countClasses sets the number of classes of a run that learns them to what the images have, unless the user gave one.
func (r *Run) countClasses() error {
	c := &r.settings.Config
	if !c.NeedsLabels() {
		return nil
	}
	most := -1
	for i := range r.images.Len() {
		most = max(most, r.images.Label(i))
	}
	switch {
	case most < 0:
		return fmt.Errorf("`method` %s learns classes, and the images have none: it needs a folder with a sub-folder for each class, or an idx file with its labels", c.Method)
	case c.Classes == 0:
		c.Classes = max(most+1, len(r.images.Classes()))
	case c.Classes <= most:
		return fmt.Errorf("`classes` %d is too few: the images have classes 0 to %d; 0 counts them", c.Classes, most)
	}
	return nil
}
