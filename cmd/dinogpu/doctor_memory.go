package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/gpu"
)

// memoryResult is what a training's memory was planned to take, and takes.
type memoryResult struct {
	Preset string      `json:"preset"`
	Free   int         `json:"free_bytes"` // that the machine told; 0: no GPU tells
	Tries  []memoryTry `json:"tries"`
}

// A memoryTry is a batch. A smaller one is tried after one for which there was no memory.
type memoryTry struct {
	Batch     int    `json:"batch"`
	Planned   int    `json:"planned_bytes"`
	Allocated int    `json:"allocated_bytes"`  // on the device, once all was made; 0: it was not
	Stepped   bool   `json:"stepped"`          // a step ran in it
	Words     string `json:"words,omitempty"`  // why it was not made, or did not run
	Driver    string `json:"driver,omitempty"` // the driver's own words
}

// mostSoftware is how much of the machine's own memory is tried at most, in bytes: a software driver promises any amount.
const mostSoftware = 2 << 30

func memoryWork(p *partWork) error {
	preset := p.spec.Presets[0]
	s, d, err := p.begin()
	if err != nil {
		return err
	}
	defer d.Close()
	r := &memoryResult{Preset: preset, Free: d.FreeMemory(), Tries: []memoryTry{}}
	target := p.app.tuner(d, s.Run, 0).Known()
	for {
		p.at("recording batch %d", s.Config.BatchSize)
		t, err := recordWhatFits(&s, target, p.app.console)
		if err != nil {
			return err
		}
		try := memoryTry{Batch: s.Config.BatchSize}
		if try.Planned, err = t.Memory(); err != nil {
			return err
		}
		if d.Adapter.Software && s.Config.BatchSize > 1 && try.Planned > min(mostSoftware, r.Free/2) {
			t.Release()
			s.Config.BatchSize /= 2
			continue
		}
		before := d.Allocated()
		p.at("making the memory of batch %d, %s planned", try.Batch, disk.Size(uint64(try.Planned)))
		if err = t.Build(d); err == nil {
			try.Allocated = d.Allocated() - before
			if !d.Adapter.Software { // there it is the machine's memory, and a step takes long
				p.at("a step of batch %d", try.Batch)
				err = stepOnNoise(d, t)
				try.Stepped = err == nil
			}
		}
		t.Release()
		memory := (*gpu.MemoryError)(nil)
		if errors.As(err, &memory) {
			try.Driver = memory.Raw
		}
		if err != nil {
			try.Words = asFlags(err.Error())
		}
		r.Tries = append(r.Tries, try)
		p.result(r)
		switch {
		case err != nil && memory == nil:
			return err
		case try.Allocated > 0 && err == nil, s.Config.BatchSize == 1:
			return nil
		case time.Now().After(p.until):
			p.tell(partEvent{Cut: "its time was over"})
			return nil
		}
		s.Config.BatchSize /= 2
	}
}

// stepOnNoise runs a step on made-up pixels and waits for it.
func stepOnNoise(d *gpu.Device, t *dino.Trainer) error {
	batches := make([]*augment.Batch, t.Config.Accumulate)
	for i := range batches {
		batches[i] = noiseBatch(t.Config)
	}
	if _, err := t.Step(batches...); err != nil {
		return err
	}
	return d.Wait()
}

// fits is the try that was made and ran; nil: none.
func (r *memoryResult) fits() *memoryTry {
	for i, t := range r.Tries {
		if t.Allocated > 0 && t.Words == "" {
			return &r.Tries[i]
		}
	}
	return nil
}

func (r *memoryResult) scrub(words func(string) string) {
	for i := range r.Tries {
		r.Tries[i].Words, r.Tries[i].Driver = words(r.Tries[i].Words), words(r.Tries[i].Driver)
	}
}

func (r *memoryResult) text(w io.Writer) error {
	if r.Free > 0 {
		fmt.Fprintf(w, "%s of the machine's memory are free\n", disk.Size(uint64(r.Free)))
	}
	for _, t := range r.Tries {
		fmt.Fprintf(w, "batch %d: planned %s", t.Batch, disk.Size(uint64(t.Planned)))
		if t.Allocated > 0 {
			fmt.Fprintf(w, ", allocated %s", disk.Size(uint64(t.Allocated)))
		}
		if t.Stepped {
			fmt.Fprint(w, ", and a step ran")
		}
		if t.Words != "" {
			fmt.Fprintf(w, ": %s", t.Words)
		}
		if t.Driver != "" {
			fmt.Fprintf(w, "; the driver said: %s", t.Driver)
		}
		fmt.Fprintln(w)
	}
	return nil
}
