package main

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"text/tabwriter"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/study"
	"github.com/dinogpu/dinogpu/viewer/report"
)

// A studyColumn is a number of a study's table.
type studyColumn struct {
	key, title, format string
}

// studyColumns are those that a table may have; one without a number in any row is left out.
var studyColumns = []studyColumn{
	{"knn_teacher", "k-NN teacher", "%.1f"},
	{"knn_student", "k-NN student", "%.1f"},
	{"views_top1_teacher", "copies found, teacher", "%.1f"},
	{"entropy", "h", "%.3f"},
	{"kl", "KL", "%.3f"},
	{"output_std", "spread of outputs", "%.4f"},
	{"loss", "loss", "%.3f"},
	{"images_per_second", "images/s", "%.0f"},
}

// tell prints the table, and leaves it and a page of all runs' curves in the study's folder.
func (c *studyCmd) tell(a *app, f *studyFolder) error {
	var table bytes.Buffer
	if err := c.table(&table, f); err != nil {
		return err
	}
	if err := disk.WriteBytes(filepath.Join(f.path, "table.txt"), table.Bytes()); err != nil {
		return err
	}
	if _, err := a.stdout.Write(table.Bytes()); err != nil {
		return err
	}
	page := filepath.Join(f.path, reportFileName)
	var runs []*report.Run
	for _, r := range f.results {
		if c.wants(r) {
			one, err := report.Open(a.ctx, r.folder)
			if err != nil {
				return err
			}
			runs = append(runs, one)
		}
	}
	if err := report.WriteFile(page, runs); err != nil {
		return err
	}
	a.console.Print("curves of all runs, to be opened in a browser: %s", page)
	return nil
}

// wants tells whether a result is of a row and a seed that were asked for.
func (c *studyCmd) wants(r studyResult) bool {
	if r.seed < c.Settings.Config.Seed || r.seed >= c.Settings.Config.Seed+uint64(c.Seeds) {
		return false
	}
	for _, row := range c.study.Rows {
		if row.Name == r.row {
			return true
		}
	}
	return false
}

func (c *studyCmd) table(w io.Writer, f *studyFolder) error {
	s := c.study
	fmt.Fprintf(w, "%s (paper, %s)\n\n", s.Title, s.Source)
	var columns []studyColumn
	for _, column := range studyColumns {
		for _, row := range s.Rows {
			if len(c.valuesOf(f, row, column.key)) > 0 {
				columns = append(columns, column)
				break
			}
		}
	}
	var papers []string
	for _, of := range []string{"k-NN", "linear"} {
		for _, row := range s.Rows {
			if _, ok := row.Paper[of]; ok {
				papers = append(papers, of)
				break
			}
		}
	}
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprint(t, "row")
	for _, column := range columns {
		fmt.Fprint(t, "\t"+column.title)
	}
	for _, of := range papers {
		fmt.Fprint(t, "\tpaper, "+of)
	}
	fmt.Fprintln(t)
	for _, row := range s.Rows {
		fmt.Fprint(t, row.Title)
		for _, column := range columns {
			fmt.Fprint(t, "\t"+cellOf(c.valuesOf(f, row, column.key), column.format))
		}
		for _, of := range papers {
			text := "-"
			if v, ok := row.Paper[of]; ok {
				text = fmt.Sprintf("%.1f", v)
			}
			fmt.Fprint(t, "\t"+text)
		}
		fmt.Fprintln(t)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	runs := "one run a row"
	if c.Seeds > 1 {
		runs = fmt.Sprintf("means of %d seeds ± their standard deviation", c.Seeds)
	}
	_, err := fmt.Fprintf(w, "\n%s; ln K is %.3f. %s\n", runs, math.Log(float64(c.Settings.Config.OutDim)), s.Reading)
	return err
}

// valuesOf are a row's values of all seeds asked for.
func (c *studyCmd) valuesOf(f *studyFolder, row study.Row, key string) []float64 {
	var values []float64
	for _, r := range f.results {
		if v, ok := r.values[key]; ok && r.row == row.Name && c.wants(r) {
			values = append(values, v)
		}
	}
	return values
}

func cellOf(values []float64, format string) string {
	mean, deviation := spread(values)
	switch {
	case math.IsNaN(mean):
		return "-"
	case math.IsNaN(deviation):
		return fmt.Sprintf(format, mean)
	}
	return fmt.Sprintf(format+" ± "+format, mean, deviation)
}
