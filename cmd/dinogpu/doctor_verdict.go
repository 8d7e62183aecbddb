package main

import (
	"fmt"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
)

// A verdictText is what a report means, in sentences: what is wrong comes first.
type verdictText struct {
	wrong, unknown, right []string
	software              bool
}

func add(list *[]string, format string, args ...any) {
	*list = append(*list, fmt.Sprintf(format, args...))
}

// judge says what works, what does not and what to do.
func (r *doctorReport) judge(wasStopped bool) []string {
	var v verdictText
	if wasStopped {
		add(&v.unknown, "You stopped doctor before its end: what follows is of the parts until then.")
	}
	v.adapter(r)
	for i := range r.Parts {
		v.part(&r.Parts[i])
	}
	v.twice(r)
	first := "Not all could be looked at. What was looked at is right."
	switch {
	case len(v.wrong) > 0:
		first = "Something is wrong here."
	case len(v.unknown) == 0:
		first = "All is well here."
	}
	all := append([]string{first}, v.wrong...)
	all = append(append(all, v.unknown...), v.right...)
	if len(v.wrong) > 0 {
		all = append(all, "Update the GPU's driver, or take another adapter with --adapter, and run doctor again. If it stays, please report it at "+issuesURL+" with this report.")
	}
	return all
}

// adapter judges what was found to compute on.
func (v *verdictText) adapter(r *doctorReport) {
	a := r.adapters()
	switch {
	case a == nil:
	case len(a.Adapters) == 0:
		add(&v.wrong, "%s.", capital(gpu.ErrNoAdapter.Error()))
		for _, node := range r.System.Nodes {
			if strings.Contains(node, "may not open") {
				add(&v.wrong, "This user may not open %s: add the user to the groups render and video, or give the container the device.", node)
			}
		}
	case a.Opened != nil && a.Opened.Software:
		v.software = true
		add(&v.unknown, "%s", strings.TrimSpace(fmt.Sprintf("No GPU was looked at: %s is software, which works but is slow. %s", a.Opened.Name, a.Opened.Advice)))
	case a.Opened != nil:
		add(&v.right, "The adapter is %s (%s, driver %s).", a.Opened.Name, a.Opened.Backend, a.Opened.Driver)
	}
}

// part judges a part by itself.
func (v *verdictText) part(p *partReport) {
	name := capital(p.Part)
	switch p.State {
	case partFailed, partCrashed, partStuck:
		add(&v.wrong, "%s: %s: %s", name, stateWords[p.State], p.Words)
	case partHung:
		list := &v.wrong
		if v.software { // which may just be slow
			list = &v.unknown
		}
		add(list, "%s: %s, or is very slow: %s", name, stateWords[p.State], p.Words)
	case partTimedOut:
		add(&v.unknown, "%s: %s.", name, p.Words)
	case partCut:
		add(&v.unknown, "%s: %s.", name, p.Words)
	}
	switch x := p.Result.(type) {
	case *selftestResult:
		switch {
		case x.Passed < x.Tested:
			add(&v.wrong, "%s: %d of %d kernels give WRONG numbers (%s): training here would learn from wrong numbers.", name, x.Tested-x.Passed, x.Tested, x.wrong())
		case p.State == partDone:
			add(&v.right, "%s: all %d kernels and shapes are right.", name, x.Tested)
		default:
			add(&v.right, "%s: no fault in %s so far.", name, settings.Count(x.Tested, "kernel"))
		}
	case *benchResult:
		add(&v.right, "%s: %s", name, x.sentence())
	case *memoryResult:
		v.memory(x)
	}
}

// memory judges what fits.
func (v *verdictText) memory(m *memoryResult) {
	for _, t := range m.Tries {
		if t.Words != "" {
			add(&v.unknown, "Preset %s with batch %d was not made in memory: %s", m.Preset, t.Batch, t.Words)
		}
	}
	if t := m.fits(); t != nil {
		add(&v.right, "Preset %s with batch %d takes %s of memory, where %s were planned.", m.Preset, t.Batch, disk.Size(uint64(t.Allocated)), disk.Size(uint64(t.Planned)))
	}
}

// twice judges what was done twice.
func (v *verdictText) twice(r *doctorReport) {
	if t := r.Tuning; t != nil {
		add(&v.right, "Tuning twice chose the same kernel for %d of %d kinds of matmul; for %d of the others the choice makes more than %.0f %%.",
			t.Classes-len(t.Differ), t.Classes, t.costly(), 100*matters)
	}
	switch t := r.Training; {
	case t == nil:
	case t.Trouble != "":
		add(&v.wrong, "The two trainings cannot be compared: %s", t.Trouble)
	case t.Metric != "":
		add(&v.wrong, "Two trainings gave DIFFERENT bytes from step %d of %d on (%s): a race in a kernel or a fault of the driver.", t.Step, t.Steps, t.Metric)
	case t.Differ > 0:
		add(&v.wrong, "Two trainings gave DIFFERENT bytes in %d of %d tensors (%s): a race in a kernel or a fault of the driver.", t.Differ, t.Tensors, t.Tensor)
	case t.Steps > 0 && t.Tensors > 0:
		add(&v.right, "Two trainings of %d steps gave the same bytes.", t.Steps)
	case t.Steps == 0:
		add(&v.unknown, "There were no two trainings to compare.")
	default:
		add(&v.right, "Two trainings gave the same numbers in the %d steps that both made.", t.Steps)
	}
}
