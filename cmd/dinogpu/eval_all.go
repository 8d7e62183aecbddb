package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/eval/results"
)

type evalAllCmd struct {
	evalFlags
	Data string `placeholder:"ROOT" help:"Where data is looked for: in ROOT and two levels of folders below it."`
}

// Help is what --help says before the flags.
func (evalAllCmd) Help() string {
	return "Runs every evaluation that there is data for, each with its defaults, in the folders that are laid out for it: a sub-folder of ROOT for each set of images is best. What fails is said, and the others go on. The single commands have more to choose."
}

// An allReport is what eval all prints as JSON.
type allReport struct {
	Weights     string       `json:"weights"`
	Seconds     float64      `json:"seconds"`
	Evaluations []allResult  `json:"evaluations"`
	Missing     []allMissing `json:"no_data"`
}

// An allResult is one evaluation of one folder: a report or an error.
type allResult struct {
	Evaluation string     `json:"evaluation"`
	Data       string     `json:"data"`
	Note       string     `json:"note,omitempty"` // what differs from the evaluation's defaults
	Seconds    float64    `json:"seconds"`
	Report     evalReport `json:"report,omitempty"`
	Error      string     `json:"error,omitempty"`

	records []results.Record
}

// An allMissing is an evaluation that no data was found for.
type allMissing struct {
	Evaluation string `json:"evaluation"`
	Layout     string `json:"layout"`
	Source     string `json:"source"`
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
	if err != nil {
		return fail(err)
	}
	r.Report, r.records = report, e.records
	return r
}

// print writes the evaluation's own table under its name.
func (r allResult) print(out io.Writer) error {
	if r.Report == nil {
		return nil
	}
	var text bytes.Buffer
	fmt.Fprintf(&text, "%s: %s\n", results.KindOf(r.Evaluation).Title, disk.Printable(r.Data))
	if r.Note != "" {
		fmt.Fprintln(&text, r.Note)
	}
	if err := r.Report.print(&text); err != nil {
		return err
	}
	fmt.Fprintln(&text)
	_, err := text.WriteTo(out)
	return err
}

// printSummary writes a line for each evaluation, and what no data was found for.
func (r *allReport) printSummary(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "EVALUATION\tTIME\tRESULT\tDATA")
	for _, one := range r.Evaluations {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", one.Evaluation, seconds(one.Seconds), one.headline(), disk.Printable(one.Data))
	}
	fmt.Fprintf(w, "all\t%s\t\t\n", seconds(r.Seconds))
	if err := w.Flush(); err != nil || len(r.Missing) == 0 {
		return err
	}
	_, err := fmt.Fprintf(out, "\n%s\n", r.wanted())
	return err
}

// headline is the value that tells most, of each network.
func (r allResult) headline() string {
	if r.Error != "" {
		return "failed"
	}
	var list []string
	key := results.KindOf(r.Evaluation).Headline(r.records)
	for _, record := range r.records {
		if v, ok := record.Values[key]; ok {
			list = append(list, fmt.Sprintf("%s %.2f", record.Network, v))
		}
	}
	if len(list) == 0 {
		return "nothing to measure"
	}
	return key + ": " + strings.Join(list, ", ")
}

// wanted says what no data was found for, and where it comes from.
func (r *allReport) wanted() string {
	var list []string
	for _, m := range r.Missing {
		list = append(list, fmt.Sprintf("No data for %s. It takes %s (%s).", m.Evaluation, m.Layout, m.Source))
	}
	return strings.Join(list, "\n")
}

// failed is the error of a command some of whose evaluations failed.
func (r *allReport) failed() error {
	var names []string
	for _, one := range r.Evaluations {
		if one.Error != "" {
			names = append(names, one.Evaluation+" in "+one.Data)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return fmt.Errorf("%d of %s failed: %s", len(names), settings.Count(len(r.Evaluations), "evaluation"), strings.Join(names, ", "))
}

func missingData(found []foundData) []allMissing {
	list := []allMissing{}
	has := map[int]bool{}
	for _, f := range found {
		has[f.entry] = true
	}
	for i, entry := range evalEntries {
		if !has[i] {
			list = append(list, allMissing{entry.name, entry.wants, entry.source})
		}
	}
	return list
}

func seconds(s float64) string {
	return (time.Duration(s*1000) * time.Millisecond).Round(100 * time.Millisecond).String()
}
