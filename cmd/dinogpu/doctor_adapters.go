package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/gpu"
)

// A partResult is what a part found. Fields hold numbers and names of kernels and devices, but for words, which scrub changes.
type partResult interface {
	scrub(words func(string) string)
	text(w io.Writer) error
}

// adaptersResult is every adapter, and the one that was opened.
type adaptersResult struct {
	Adapters []deviceRow  `json:"adapters"`
	Opened   *gpu.Adapter `json:"opened"` // nil: none
}

func adaptersWork(p *partWork) error {
	p.at("asking drivers for adapters")
	r := &adaptersResult{Adapters: []deviceRow{}}
	for _, a := range gpu.Adapters() {
		r.Adapters = append(r.Adapters, deviceRow{a, verdict(a)})
	}
	p.result(r)
	d, err := p.open()
	if errors.Is(err, gpu.ErrNoAdapter) {
		return nil // the result says so
	}
	if err != nil {
		return err
	}
	defer d.Close()
	r.Opened = &d.Adapter
	p.result(r)
	return nil
}

func (r *adaptersResult) scrub(words func(string) string) {
	for i := range r.Adapters {
		r.Adapters[i].Advice = words(r.Adapters[i].Advice)
	}
	if r.Opened != nil {
		r.Opened.Advice = words(r.Opened.Advice)
	}
}

func (r *adaptersResult) text(w io.Writer) error {
	if len(r.Adapters) == 0 {
		_, err := fmt.Fprintln(w, "no adapter")
		return err
	}
	var all []gpu.Adapter
	for _, a := range r.Adapters {
		all = append(all, a.Adapter)
	}
	if err := listDevices(w, all, false); err != nil {
		return err
	}
	if r.Opened == nil {
		return nil
	}
	l := r.Opened.Limits
	fmt.Fprintf(w, "\nopened: %s\n", adapterLine(*r.Opened))
	_, err := fmt.Fprintf(w, "its limits: binding %s, buffer %s, workgroup memory %s, %d invocations a workgroup, %d storage buffers, texture side %d\n",
		disk.Size(uint64(l.Binding)), disk.Size(uint64(l.Buffer)), disk.Size(uint64(l.WorkgroupMem)), l.Invocations, l.Storage, l.Texture)
	return err
}
