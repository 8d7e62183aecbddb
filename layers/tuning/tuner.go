package tuning

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// Usual is what measuring may take when a model is trained on an adapter for the first time.
const Usual = 10 * time.Second

// A Tuner finds the matmul variants for a device.
type Tuner struct {
	Device  *gpu.Device
	Program string        // name and version: what another program's kernels took is not used
	Matmul  string        // auto, or the member that is forced
	Off     bool          // the defaults, and nothing is measured or read
	Again   bool          // measures what the cache knows too
	Time    time.Duration // what measuring may take

	Say    func(sentence string) // nil: nobody listens
	Status func(line string)     // what goes on just now, empty when it is over; nil: nobody listens
}

// Recorded is what was recorded for a target: a dino.Trainer for one.
type Recorded interface {
	Programs() []*gpu.Program
	Release()
}

// Target is how to record for the device: with the member that Matmul forces; or with what was measured, now or before,
// for the programs that record makes; or with the defaults.
func (t Tuner) Target(ctx context.Context, record func(gpu.Target) (Recorded, error)) (gpu.Target, error) {
	target := Forced(t.Device, t.Matmul)
	if t.Matmul != "auto" || t.Off {
		return target, nil
	}
	cache, cacheErr := OpenCache(t.Device.Adapter, t.Program)
	var known gpu.Choices
	if cacheErr == nil {
		var err error
		if known, err = cache.Load(); err != nil {
			t.say("what was measured before, in %s, is not used: %v", cache.Path, err)
		}
	}
	if !t.Again {
		target.Choices = known
	}
	recorded, err := record(target)
	if err != nil {
		return target, err
	}
	defer recorded.Release()
	choices, measured, err := t.measure(ctx, target, recorded.Programs())
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
			cacheErr = cache.Save(kept)
		}
		if cacheErr != nil {
			t.say("the matmuls will be measured again next time: %v", cacheErr)
		}
	}
	target.Choices = layers.ChoicesFor(recorded.Programs(), choices)
	return target, nil
}

// Known is how a run on the device would be recorded with what was measured before.
func (t Tuner) Known() gpu.Target {
	target := Forced(t.Device, t.Matmul)
	if t.Matmul != "auto" || t.Off {
		return target
	}
	if cache, err := OpenCache(t.Device.Adapter, t.Program); err == nil {
		target.Choices, _ = cache.Load() // Target says what is wrong with it
	}
	return target
}

// Forced is how programs are recorded for d: its own way unless matmul says another member than auto.
func Forced(d *gpu.Device, matmul string) gpu.Target { return Force(d.Target(), matmul) }

// Force is a target with its matmuls of another member, unless matmul is auto. The attention stays.
func Force(t gpu.Target, matmul string) gpu.Target {
	if matmul != "auto" {
		t.Matmul = gpu.Matmul(matmul)
	}
	return t
}

func (t Tuner) say(format string, args ...any) {
	if t.Say != nil {
		t.Say(fmt.Sprintf(format, args...))
	}
}

func (t Tuner) status(line string) {
	if t.Status != nil {
		t.Status(line)
	}
}

// measure times what target has no choices for, and says so as it goes.
func (t Tuner) measure(ctx context.Context, target gpu.Target, programs []*gpu.Program) (gpu.Choices, int, error) {
	start, measured, known := time.Now(), 0, len(layers.ChoicesFor(programs, target.Choices))
	counts, total := map[string]int{}, 0
	choices, err := layers.Tune(ctx, t.Device, target, programs, t.Time, func(done, of int, r layers.Tuned) {
		measured, total = done, of
		counts[r.Choice]++
		t.status(fmt.Sprintf("measuring matmuls %d of %d: %s takes %s", done, of, r.Class, r.Choice))
	})
	t.status("")
	if err != nil || measured == 0 {
		return choices, measured, err
	}
	best, most := "", 0
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if counts[name] > most {
			best, most = name, counts[name]
		}
	}
	t.say("matmuls: %d of %d kinds measured in %.1f s, %d known before; %d take %s", measured, total, time.Since(start).Seconds(), known, most, best)
	if measured < total {
		more := "the next run here measures more of them"
		if t.Again {
			more = "a longer time measures more of them"
		}
		t.say("%d kinds with less work keep the default: %s", total-measured, more)
	}
	return choices, measured, nil
}
