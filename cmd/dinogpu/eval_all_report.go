package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/eval/results"
)

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
	fmt.Fprintf(w, "all\t%s\n", seconds(r.Seconds))
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
	if len(list) > 0 {
		list = append(list, programName()+" data sample DIR draws a small set for each evaluation.")
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
