package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// A selftestReport is what selftest prints.
type selftestReport struct {
	Adapter string        `json:"adapter"`
	Backend string        `json:"backend"`
	Driver  string        `json:"driver"`
	Preset  string        `json:"preset"`
	Batch   int           `json:"batch"`
	Matmul  string        `json:"matmul"`
	Repeat  int           `json:"repeat"` // runs of each kernel
	Tested  int           `json:"tested"`
	Passed  int           `json:"passed"`
	Seconds float64       `json:"seconds"`
	Kernels []selftestRow `json:"kernels"`
	notes
}

// A selftestRow is one kernel and shape. Error and tolerance are normalized mean square errors; an error that is no
// number is null.
type selftestRow struct {
	Kernel    string          `json:"kernel"`
	Shape     string          `json:"shape"`
	Outputs   int             `json:"outputs"` // compared; all there are unless sampled
	Sampled   bool            `json:"sampled"`
	Error     *float64        `json:"error"`
	Tolerance float64         `json:"tolerance"`
	Seconds   float64         `json:"seconds"` // one run, compiling by the driver included
	Passed    bool            `json:"passed"`
	Trouble   string          `json:"trouble,omitempty"`
	Differs   bool            `json:"differs,omitempty"` // from run to run
	Tensors   []selftestShape `json:"tensors,omitempty"`
	Params    []uint32        `json:"params,omitempty"`
}

type selftestShape struct {
	Name  string `json:"name"`
	Shape []int  `json:"shape"`
}

// add makes the rows.
func (r *selftestReport) add(results []gpu.TestResult) {
	for _, t := range results {
		row := selftestRow{
			Kernel: t.Kernel, Shape: shapeText(t), Outputs: t.Outputs, Sampled: t.Sampled, Tolerance: t.Tolerance,
			Seconds: t.Seconds, Passed: t.Trouble == "", Trouble: t.Trouble, Differs: t.Differs, Params: t.Params,
		}
		if !math.IsNaN(t.Error) && !math.IsInf(t.Error, 0) {
			row.Error = &t.Error
		}
		for _, x := range t.Tensors {
			row.Tensors = append(row.Tensors, selftestShape{x.Name, x.Shape})
		}
		r.Kernels = append(r.Kernels, row)
		r.Tested++
		if row.Passed {
			r.Passed++
		}
	}
}

// shapeText is a matmul's form and sizes, or the shape of another kernel's largest tensor.
func shapeText(t gpu.TestResult) string {
	if m, ok := t.Info.(layers.MatmulInfo); ok {
		return fmt.Sprintf("%s  %d x %d x %d", m.Form, m.M, m.N, m.K)
	}
	largest := t.Tensors[0]
	for _, x := range t.Tensors {
		if x.Len() > largest.Len() {
			largest = x
		}
	}
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(largest.Shape), " ", " x "), "[]")
}

func (r selftestReport) print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "KERNEL\tSHAPE\tOUTPUTS\tERROR\tTOLERANCE\tMS\t")
	for _, k := range r.Kernels {
		outputs, e, verdict := fmt.Sprint(k.Outputs), "0", "ok"
		if k.Sampled {
			outputs += " of it"
		}
		switch {
		case k.Error == nil:
			e = "no number"
		case *k.Error > 0:
			e = fmt.Sprintf("%.1e", *k.Error)
		}
		tolerance := "0"
		if k.Tolerance > 0 {
			tolerance = fmt.Sprintf("%.0e", k.Tolerance)
		}
		if !k.Passed {
			verdict = "FAILED: " + k.Trouble
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%.1f\t%s\n", k.Kernel, k.Shape, outputs, e, tolerance, 1e3*k.Seconds, verdict)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nErrors are normalized mean squares against plain Go code; ms is one run, the driver's compiling included.\n")
	if r.Repeat > 1 {
		fmt.Fprintf(w, "Each kernel ran %d times, and every run has to give the same bytes.\n", r.Repeat)
	}
	_, err := fmt.Fprintf(w, "%d of %d kernels passed, preset %s, batch %d, in %.0f s on %s\n", r.Passed, r.Tested, cmp.Or(r.Preset, "none"), r.Batch, r.Seconds, r.where())
	return err
}

// where names adapter and driver.
func (r selftestReport) where() string {
	if r.Driver == "" || r.Driver == r.Adapter {
		return fmt.Sprintf("%s (%s)", r.Adapter, r.Backend)
	}
	return fmt.Sprintf("%s (%s, driver %s)", r.Adapter, r.Backend, r.Driver)
}

// tell prints the report, and is an error where a kernel failed.
func (t *selfTester) tell(asJSON bool) error {
	show := t.report.print
	if asJSON {
		show = func(w io.Writer) error { return writeJSON(w, t.report) }
	}
	if err := show(t.app.stdout); err != nil {
		return err
	}
	return t.verdict()
}

// verdict is the error of a device that computes wrongly.
func (t *selfTester) verdict() error {
	r := t.report
	if r.Passed == r.Tested {
		return nil
	}
	var names []string
	matmuls := false
	for _, k := range r.Kernels {
		if !k.Passed {
			name := fmt.Sprintf("%s (%s)", k.Kernel, k.Shape)
			if k.Differs {
				name += ", whose results differ from run to run: a race"
			}
			names = append(names, name)
			matmuls = matmuls || strings.HasPrefix(k.Kernel, "matmul_")
		}
	}
	const most = 5
	if len(names) > most {
		names = append(names[:most], fmt.Sprintf("and %d more", len(names)-most))
	}
	return fmt.Errorf("%d of %d kernels FAILED on %s: %s. What this adapter computes is wrong there, and training on it would learn from wrong numbers. %s",
		r.Tested-r.Passed, r.Tested, r.where(), strings.Join(names, ", "), t.advice(matmuls))
}

// advice is what a user can do about a driver that fails, with the file for a report. matmuls says that other matmuls
// may help.
func (t *selfTester) advice(matmuls bool) string {
	text := "Update the GPU's driver; or take another adapter with --adapter (dinogpu devices lists them)"
	if matmuls {
		other := gpu.Texel
		if strings.HasPrefix(t.report.Matmul, string(gpu.Texel)) {
			other = gpu.Tile
		}
		text += fmt.Sprintf(", or other matmuls with --matmul %s", other)
	}
	text += ", and test again. If it stays, please report it at " + issuesURL
	path := ""
	data, err := json.MarshalIndent(t.report, "", "  ")
	if err == nil {
		path, err = reportFile("dinogpu-selftest-*.json", data)
	}
	if err != nil {
		return text + " with the output of dinogpu selftest --json"
	}
	return text + " with the file " + path
}
