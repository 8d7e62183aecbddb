package tuning

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// Usual is the time that measuring may take when a model is first trained on an adapter.
const Usual = 10 * time.Second

// A Tuner finds the matmul variants for a device.
type Tuner struct {
	Device  *gpu.Device
	Program string        // name and version: times of another program's kernels are not used
	Matmul  string        // auto, or what layers.ForceMatmul knows: the member or variant that is forced
	Off     bool          // take the defaults: nothing is measured or read
	Again   bool          // measure the classes that the cache knows too
	Time    time.Duration // that measuring may take

	Say    func(sentence string) // told each result in a sentence; may be nil
	Status func(line string)     // told the present work, "" at its end; may be nil
}

// Recorded are the programs recorded for a target, such as a dino.Trainer's.
type Recorded interface {
	Programs() []*gpu.Program
	Release()
}

// Target returns the target to record for on the device: with the kernel that Matmul forces; or with the choices measured,
// now or before, for the programs that record makes; or with the defaults.
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
			t.say("earlier measurements are not used: %s: %v", cache.Path, err)
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

// Known returns the target of a run on the device by the measurements so far: nothing is measured.
func (t Tuner) Known() gpu.Target {
	target := Forced(t.Device, t.Matmul)
	if t.Matmul != "auto" || t.Off {
		return target
	}
	if cache, err := OpenCache(t.Device.Adapter, t.Program); err == nil {
		target.Choices, _ = cache.Load() // Target tells of errors in it
	}
	return target
}

// Forced is the target of d with its matmuls by the member or variant that is named, unless matmul is auto.
func Forced(d *gpu.Device, matmul string) gpu.Target { return Force(d.Target(), matmul) }

// Force returns t with its matmuls by the member or variant that is named, unless matmul is auto. The attention stays.
func Force(t gpu.Target, matmul string) gpu.Target {
	if matmul != "auto" {
		t = layers.ForceMatmul(t, matmul)
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

// measure times the classes that target has no choices for, and says so as it goes.
func (t Tuner) measure(ctx context.Context, target gpu.Target, programs []*gpu.Program) (gpu.Choices, int, error) {
	start, measured, known := time.Now(), 0, len(layers.ChoicesFor(programs, target.Choices))
	total := 0
	choices, err := layers.Tune(ctx, t.Device, target, programs, t.Time, func(done, of int, _ layers.Tuned) {
		measured, total = done, of
		t.status(fmt.Sprintf("measuring matmul kernels: %d of %d", done, of))
	})
	t.status("")
	if err != nil || measured == 0 {
		return choices, measured, err
	}
	t.say("matmul kernels: %d of %d kinds measured in %.1f s, %d known before", measured, total, time.Since(start).Seconds(), known)
	if measured < total {
		more := "the next run here measures more of them"
		if t.Again {
			more = "a longer time measures more of them"
		}
		t.say("%d kinds with less work keep the default: %s", total-measured, more)
	}
	return choices, measured, nil
}
