package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
)

// selftestResult is what the kernels of a preset computed, those so far.
type selftestResult struct{ selftestReport }

var errTimeOver = errors.New("the time was over")

func selftestWork(p *partWork) error {
	s, d, err := p.begin()
	if err != nil {
		return err
	}
	defer d.Close()
	start := time.Now()
	t := &selfTester{app: p.app, settings: s, device: d, repeat: 1}
	p.at("measuring how much can be tested")
	if err := t.record(); err != nil {
		return err
	}
	tell := func(r selftestReport) {
		r.Seconds = time.Since(start).Seconds()
		for i := range r.Kernels {
			if r.Kernels[i].Passed { // where all is well they are of no use, and long
				r.Kernels[i].Tensors, r.Kernels[i].Params = nil, nil
			}
		}
		p.result(&selftestResult{r})
	}
	n := 0
	t.before = func(kernel string, tested []gpu.TestResult) error {
		if n = len(tested); n > 0 {
			r := t.report // which has no kernels before the end
			r.add(tested)
			tell(r)
		}
		p.at("kernel %s, after %d others", kernel, n)
		if time.Now().After(p.until) {
			return errTimeOver
		}
		return nil
	}
	err = t.run()
	if errors.Is(err, errTimeOver) {
		p.tell(partEvent{Cut: "its time was over after " + settings.Count(n, "kernel")})
		return nil
	}
	if err == nil {
		tell(t.report)
	}
	return err
}

func (r *selftestResult) scrub(words func(string) string) {
	for i := range r.Kernels {
		r.Kernels[i].Trouble = words(r.Kernels[i].Trouble)
	}
	for i := range r.Notes {
		r.Notes[i] = words(r.Notes[i])
	}
}

// wrong names the kernels that computed wrongly, at most a few.
func (r *selftestResult) wrong() string {
	var names []string
	for _, k := range r.Kernels {
		if !k.Passed {
			names = append(names, k.Kernel)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	const most = 5
	if len(names) > most {
		names = append(names[:most], fmt.Sprintf("and %d more", len(names)-most))
	}
	return strings.Join(names, ", ")
}

func (r *selftestResult) text(w io.Writer) error {
	fmt.Fprintf(w, "%d of %d kernels and shapes are right, batch %d, matmul %s\n", r.Passed, r.Tested, r.Batch, r.Matmul)
	for _, k := range r.Kernels {
		if !k.Passed {
			e := "no number"
			if k.Error != nil {
				e = fmt.Sprintf("%.1e", *k.Error)
			}
			fmt.Fprintf(w, "WRONG: %s, %s: %s; error %s, tolerance %.0e\n", k.Kernel, k.Shape, k.Trouble, e, k.Tolerance)
		}
	}
	slow := slices.SortedFunc(slices.Values(r.Kernels), func(a, b selftestRow) int { return compareDown(a.Seconds, b.Seconds, a.Kernel, b.Kernel) })
	var names []string
	for _, k := range slow[:min(3, len(slow))] {
		names = append(names, fmt.Sprintf("%s %.2f s", k.Kernel, k.Seconds))
	}
	if len(names) > 0 {
		fmt.Fprintf(w, "slowest with the driver's compiling: %s\n", strings.Join(names, ", "))
	}
	for _, note := range r.Notes {
		fmt.Fprintln(w, note)
	}
	return nil
}
