package run

import (
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
	src, err := augment.Open(c.Data)
	if err != nil {
		return nil, err
	}
	if r := c.Range; r.Set() {
		src = augment.WithRange(src, r.Lo, r.Hi)
	}
	return augment.Limit(src, c.Limit), nil
}

// CheckImages tells why a run of c could not train on images: too few for one step, for example.
func CheckImages(c settings.Config, images augment.Source) (stepsPerEpoch int, err error) {
	l, err := augment.NewLoader(images, loaderConfig(c, nil))
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.StepsPerEpoch(), nil
}

// loaderConfig is how the run's images are cropped and mixed.
func loaderConfig(c settings.Config, left func(name string, err error)) augment.LoaderConfig {
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
		OnBad: left,
	}
}
