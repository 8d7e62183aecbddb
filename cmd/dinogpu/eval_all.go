package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/dinogpu/dinogpu/dino/weights"
)

type evalAllCmd struct {
	evalFlags
	Data string `placeholder:"ROOT" help:"Where data is looked for: in ROOT and two levels of folders below it."`
}

// Help is what --help says before the flags.
func (evalAllCmd) Help() string {
	return "Runs every evaluation that there is data for, each with its defaults, in the folders that are laid out for it: a sub-folder of ROOT for each set of images is best. What fails is said, and the others go on. The single commands have more to choose."
}

// Run finds the data, opens the weights once and measures.
func (c *evalAllCmd) Run(a *app) error {
	switch {
	case c.Weights == "":
		return usageError{errNoWeights}
	case c.Data == "":
		return usageError{errors.New("name the folder that holds the data, in a sub-folder for each set: --data ROOT")}
	case c.CSV != "":
		return usageError{errors.New("--csv is for one evaluation: leave it out, or take the evaluation's own command")}
	}
	if err := c.evalFlags.check(); err != nil {
		return err
	}
	a.console.Status("looking for data in " + c.Data)
	found, err := findData(a.ctx, filepath.Clean(c.Data))
	a.console.Status("")
	if a.ctx.Err() != nil {
		return fmt.Errorf("%w: nothing was measured", errInterrupted)
	}
	if err != nil {
		return err
	}
	r := &allReport{Missing: missingData(found)}
	if len(found) == 0 {
		return fmt.Errorf("no evaluation finds data in %s or in two levels of folders below it.\n%s", c.Data, r.wanted())
	}
	e := &evaluation{app: a, flags: &c.evalFlags}
	if err := e.open(); err != nil {
		return err
	}
	for _, f := range found {
		a.console.Print("found: %s in %s", evalEntries[f.entry].name, f.dir)
	}
	if err := e.upload(); err != nil {
		return err
	}
	defer e.close()
	if err := c.measure(e, r, found); err != nil {
		return err
	}
	if c.JSON {
		err = writeJSON(a.stdout, r)
	} else {
		err = r.printSummary(a.stdout)
		if folder := c.folder(e); err == nil && folder != "" {
			a.console.Print("%s eval table %s shows this beside the paper's numbers", programName(), argument(folder))
		}
	}
	return errors.Join(err, r.failed())
}

// folder is where the results were recorded, or empty.
func (c *evalAllCmd) folder(e *evaluation) string {
	if c.Results != "" {
		return c.Results
	}
	return weights.RunFolder(e.model.File)
}

// measure runs one evaluation after the other. Only Ctrl-C, or nowhere to print to, ends it.
func (c *evalAllCmd) measure(e *evaluation, r *allReport, found []foundData) error {
	r.Weights = e.model.File
	begun := e.now()
	for n, f := range found {
		began := e.now()
		one := c.one(e, f, n, len(found))
		one.Seconds = e.now().Sub(began).Seconds()
		if e.ctx.Err() != nil {
			return fmt.Errorf("%w: %s in %s did not come to its end; what came before it stands", errInterrupted, one.Evaluation, one.Data)
		}
		if one.Error != "" {
			e.console.Print("%s in %s failed: %s", one.Evaluation, one.Data, one.Error)
		}
		r.Evaluations = append(r.Evaluations, one)
		if c.JSON {
			continue
		}
		if err := one.print(e.stdout); err != nil {
			return err
		}
	}
	r.Seconds = e.now().Sub(begun).Seconds()
	return nil
}

// one runs an evaluation with its flags' defaults and those of eval all.
func (c *evalAllCmd) one(e *evaluation, f foundData, n, of int) (r allResult) {
	entry := evalEntries[f.entry]
	r.Evaluation, r.Data = entry.name, f.dir
	x, note := entry.command(c.evalFlags, f.dir, f.layout)
	r.Note = note
	fail := func(err error) allResult {
		r.Report, r.Error = nil, err.Error()
		return r
	}
	e.console.Print("%d of %d: %s in %s", n+1, of, entry.name, f.dir)
	if note != "" {
		e.console.Print("%s", note)
	}
	if err := x.check(); err != nil {
		return fail(err)
	}
	if err := x.prepare(e); err != nil {
		return fail(err)
	}
	report, err := e.run(x)
	if report == nil {
		return fail(err)
	}
	r.Report, r.records = report, e.records
	if err != nil { // measured, and not kept
		r.Error = err.Error()
	}
	return r
}
