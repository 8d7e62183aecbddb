package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/weights"
)

type inspectCmd struct {
	File string `arg:"" placeholder:"FILE" help:"All that --weights takes, and any other .safetensors or .pth file."`
	All  bool   `help:"Look at every tensor of the optimizer too."`
	JSON bool   `name:"json" help:"As JSON."`
}

// Help is what --help says before the flags.
func (inspectCmd) Help() string {
	return "Every tensor with its type, shape, L2 norm, smallest and largest value, and how many values are NaN or infinite."
}

// An inspectReport is what weights inspect --json prints.
type inspectReport struct {
	File     string             `json:"file"`
	Format   string             `json:"format"`
	Bytes    uint64             `json:"bytes"`
	Usable   bool               `json:"usable"`
	Why      string             `json:"why,omitempty"` // it is not usable
	Size     *inspectSize       `json:"size,omitempty"`
	Networks []inspectNetwork   `json:"networks"`
	Metadata map[string]string  `json:"metadata,omitempty"`
	Moments  *inspectMoments    `json:"optimizer,omitempty"` // what is not among the tensors
	Tensors  []inspectTensorRow `json:"tensors"`
}

type inspectSize struct {
	Dim       int `json:"dim"`
	Depth     int `json:"depth"`
	Heads     int `json:"heads"`
	Patch     int `json:"patch"`
	ImageSize int `json:"image_size"`
}

type inspectNetwork struct {
	Role               string `json:"role"`
	BackboneParameters int    `json:"backbone_parameters"`
	HeadParameters     int    `json:"head_parameters"`
}

type inspectMoments struct {
	Tensors int `json:"tensors"`
	Values  int `json:"values"`
}

type inspectTensorRow struct {
	Name      string   `json:"name"`
	DType     string   `json:"dtype"`
	Shape     []int    `json:"shape"`
	Norm      *float64 `json:"l2_norm,omitempty"`
	Min       *float64 `json:"min,omitempty"`
	Max       *float64 `json:"max,omitempty"`
	NotFinite *int     `json:"not_finite,omitempty"`
	Unread    string   `json:"unread,omitempty"` // why there are no values
}

// Run prints what the file holds. A file that dinogpu cannot use is no failure.
func (c *inspectCmd) Run(a *app) error {
	found, err := weights.Inspect(c.File, c.All, func(err error) { a.console.Print("%v", err) })
	if err != nil {
		return err
	}
	report := newInspectReport(found, c.All)
	if c.JSON {
		return writeJSON(a.stdout, report)
	}
	return report.print(a.stdout)
}

func newInspectReport(f *weights.Inspection, all bool) inspectReport {
	r := inspectReport{File: f.File, Format: f.Format, Bytes: f.Bytes, Usable: f.Unusable == nil, Metadata: f.Metadata, Tensors: []inspectTensorRow{}}
	if f.Unusable != nil {
		r.Why = asFlags(f.Unusable.Error())
	}
	if v := f.ViT; v != nil {
		r.Size = &inspectSize{v.Dim, v.Depth, v.Heads, v.Patch, v.ImageSize}
	}
	for _, n := range f.Networks {
		r.Networks = append(r.Networks, inspectNetwork{n.Role, n.Backbone, n.Head})
	}
	for _, t := range f.Tensors {
		if t.Optimizer && !all {
			if r.Moments == nil {
				r.Moments = &inspectMoments{}
			}
			r.Moments.Tensors++
			r.Moments.Values += product(t.Shape)
			continue
		}
		row := inspectTensorRow{Name: t.Name, DType: t.DType, Shape: slices.Clone(t.Shape)}
		if v := t.Values; v != nil {
			row.Norm, row.Min, row.Max, row.NotFinite = &v.Norm, &v.Min, &v.Max, &v.NotFinite
		}
		if t.Unread != nil {
			row.Unread = t.Unread.Error()
		}
		r.Tensors = append(r.Tensors, row)
	}
	return r
}

func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// print writes a few lines on the whole, then a table of the tensors.
func (r inspectReport) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(key, format string, args ...any) {
		text := disk.Printable(fmt.Sprintf(format, args...))
		fmt.Fprintf(w, "%s\t%s\n", key, strings.Join(strings.Fields(text), " "))
	}
	line("file", "%s, %s", r.File, disk.Size(r.Bytes))
	line("holds", "%s", r.Format)
	if r.Usable {
		line("usable", "yes")
	} else {
		line("usable", "no: %s", r.Why)
	}
	if s := r.Size; s != nil {
		line("size", "dim %d, depth %d, heads %d, patch %d, image %d", s.Dim, s.Depth, s.Heads, s.Patch, s.ImageSize)
	}
	for _, n := range r.Networks {
		if r.Size == nil && len(r.Networks) == 1 { // of whatever model
			line("values", "%d", n.BackboneParameters+n.HeadParameters)
			continue
		}
		line(n.Role, "%d parameters in the backbone, %d in the head", n.BackboneParameters, n.HeadParameters)
	}
	for _, key := range slices.Sorted(maps.Keys(r.Metadata)) {
		if strings.Contains(strings.TrimSpace(r.Metadata[key]), "\n") {
			line(disk.Printable(key), "%d lines, which --json shows", strings.Count(r.Metadata[key], "\n"))
			continue
		}
		line(disk.Printable(key), "%s", r.Metadata[key])
	}
	if m := r.Moments; m != nil {
		line("optimizer", "%d tensors of %d values, which --all shows", m.Tensors, m.Values)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(out)
	w = tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TENSOR\tTYPE\tSHAPE\tL2 NORM\tMIN\tMAX\tNAN OR INF")
	for _, t := range r.Tensors {
		fmt.Fprintf(w, "%s\t%s\t%s\t", disk.Printable(strings.Join(strings.Fields(t.Name), " ")), cmp.Or(t.DType, "?"), strings.Trim(strings.ReplaceAll(fmt.Sprint(t.Shape), " ", " x "), "[]"))
		if t.Norm == nil {
			fmt.Fprintln(w, "-\t-\t-\t-")
			continue
		}
		fmt.Fprintf(w, "%.4g\t%.4g\t%.4g\t%d\n", *t.Norm, *t.Min, *t.Max, *t.NotFinite)
	}
	return w.Flush()
}
