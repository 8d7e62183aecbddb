package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// tuneTime is what measuring may take when a model is trained on an adapter for the first time.
const tuneTime = 10 * time.Second

// A tuner finds the matmul variants for a device.
type tuner struct {
	device  *gpu.Device
	run     settings.Run
	console *console
	again   bool // measures what the cache knows too
	time    time.Duration
}

// target is how to record for the device: what --matmul forces; or what was measured, now or before, for the programs
// that record makes; or the defaults where --no-tune asks for them.
func (t tuner) target(ctx context.Context, record func(gpu.Target) (*dino.Trainer, error)) (gpu.Target, error) {
	target := targetOf(t.device, t.run.Matmul)
	if t.run.Matmul != "auto" || !t.run.Tune {
		return target, nil
	}
	cache, cacheErr := openTuneCache(t.device.Adapter)
	var known gpu.Choices
	if cacheErr == nil {
		var err error
		if known, err = cache.load(); err != nil {
			t.console.Print("what was measured before, in %s, is not used: %v", cache.path, err)
		}
	}
	if !t.again {
		target.Choices = known
	}
	trainer, err := record(target)
	if err != nil {
		return target, err
	}
	defer trainer.Release()
	choices, measured, err := t.measure(ctx, target, trainer.Programs())
	if err != nil {
		return target, err
	}
	if measured > 0 {
		if cacheErr == nil {
			kept := maps.Clone(known) // other models' too
			if kept == nil {
				kept = gpu.Choices{}
			}
			maps.Copy(kept, choices)
			cacheErr = cache.save(kept)
		}
		if cacheErr != nil {
			t.console.Print("the matmuls will be measured again next time: %v", cacheErr)
		}
	}
	target.Choices = layers.ChoicesFor(trainer.Programs(), choices)
	return target, nil
}

// measure times what target has no choices for, and says so as it goes.
func (t tuner) measure(ctx context.Context, target gpu.Target, programs []*gpu.Program) (gpu.Choices, int, error) {
	start, measured, known := time.Now(), 0, len(layers.ChoicesFor(programs, target.Choices))
	counts, total := map[string]int{}, 0
	choices, err := layers.Tune(ctx, t.device, target, programs, t.time, func(done, of int, r layers.Tuned) {
		measured, total = done, of
		counts[r.Choice]++
		t.console.Status(fmt.Sprintf("measuring matmuls %d of %d: %s takes %s", done, of, r.Class, r.Choice))
	})
	t.console.Status("")
	if err != nil || measured == 0 {
		return choices, measured, err
	}
	best, most := "", 0
	for _, name := range sortedNames(counts) {
		if counts[name] > most {
			best, most = name, counts[name]
		}
	}
	t.console.Print("matmuls: %d of %d kinds measured in %.1f s, %d known before; %d take %s", measured, total, time.Since(start).Seconds(), known, most, best)
	if measured < total {
		more := "the next run here measures more of them"
		if t.again {
			more = "a longer --time measures more of them"
		}
		t.console.Print("%d kinds with less work keep the default: %s", total-measured, more)
	}
	return choices, measured, nil
}

func sortedNames[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
