package main

import (
	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/eval"
	"github.com/dinogpu/dinogpu/eval/featurefile"
)

// embedRows hands images' features to their files, shows how far it is, and names images that have none.
type embedRows struct {
	console *console
	source  augment.Source
	out     *featurefile.Writer
	classes []string
	done    func(n int)
	leftOut int
}

func newEmbedRows(console *console, source augment.Source, out *featurefile.Writer) *embedRows {
	return &embedRows{console: console, source: source, out: out, classes: source.Classes(), done: counting(console, "embedded", source.Len())}
}

func (r *embedRows) take(e eval.Embedded) error {
	row := featurefile.Row{
		Name: r.source.Name(e.Index), Label: r.source.Label(e.Index),
		Features: e.Features, Patches: e.Patches, Grid: e.Grid, Err: e.Err,
	}
	if row.Label >= 0 && row.Label < len(r.classes) {
		row.Class = r.classes[row.Label]
	}
	if e.Err != nil {
		r.leftOut++
		switch {
		case r.leftOut <= mostNamed:
			r.console.Print("row %d, %s, is left empty: %v", e.Index, disk.Quote(row.Name), e.Err)
		case r.leftOut == mostNamed+1:
			r.console.Print("more rows are left empty; from here on they are only counted")
		}
	}
	if err := r.out.Add(row); err != nil {
		return err
	}
	r.done(e.Index + 1)
	return nil
}
