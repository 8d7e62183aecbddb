package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"text/tabwriter"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/eval"
	"github.com/dinogpu/dinogpu/eval/results"
)

type retrievalCmd struct {
	evalFlags
	Data       string `aliases:"data-path" placeholder:"DIR" help:"A folder with images in jpg/ or images/, and a ground truth. (ROxford and RParis as released.)"`
	Gnd        string `placeholder:"FILE" help:"The ground truth: a pickle as released, or JSON of the same shape. Default: the one file gnd* in --data."`
	Imsize     int    `aliases:"image-size" default:"0" help:"The most pixels that a side of an image keeps. 0: 224 for weights trained at 224 pixels, in proportion for others."`
	Multiscale bool   `help:"Take the mean of the features at 1, 1/sqrt(2) and 1/2 of that size."`

	opened *eval.Retrieval
}

// Help is what --help says before the flags.
func (retrievalCmd) Help() string {
	return "The reference's evaluation on the revisited Oxford and Paris sets: whole images (queries too, without their boxes) become thumbnails by their long side, class tokens are compared by cosine, and each query ranks the database. mAP and precision among the first 1, 5 and 10 count junk as absent: easy has the easy images as right and the hard ones absent, medium has both as right, hard the hard ones alone. The paper has medium and hard. " +
		`JSON: {"imlist": ["name", ...], "qimlist": ["name", ...], "gnd": [{"easy": [0, 3], "hard": [], "junk": [7]}, ...]}, numbers being places in imlist.`
}

// A retrievalReport is what eval retrieval prints.
type retrievalReport struct {
	Weights    string            `json:"weights"`
	Images     string            `json:"images"`
	Truth      string            `json:"gnd"`
	ImageSize  int               `json:"image_size"`
	Multiscale bool              `json:"multiscale"`
	Database   int               `json:"database"` // images that took part
	Queries    int               `json:"queries"`  // that took part
	LeftOut    int               `json:"left_out"` // images of both that could not be read
	Results    []retrievalResult `json:"results"`

	names []string // of all queries
}

// A retrievalResult is one network's.
type retrievalResult struct {
	Network string             `json:"network"`
	Values  map[string]float64 `json:"values"` // in percent; what is the mean of nothing is not there

	found eval.RetrievalResult
}

// Run checks what was asked for, measures and prints.
func (c *retrievalCmd) Run(a *app) error { return runEvaluator(a, &c.evalFlags, c) }

func (c *retrievalCmd) check() error {
	if c.Data == "" {
		return usageError{errors.New("name the folder of images and ground truth: --data DIR")}
	}
	return checkImsize(c.Imsize)
}

func (c *retrievalCmd) prepare(e *evaluation) (err error) {
	if err := e.fitImsize(&c.Imsize, 224); err != nil {
		return err
	}
	c.opened, err = eval.OpenRetrieval(c.Data, c.Gnd)
	return err
}

func (c *retrievalCmd) measure(e *evaluation) (evalReport, error) {
	o := c.opened
	of := o.Database.Len() + o.Queries.Len()
	e.console.Print("queries: %d, each looks for its own among %s of %s", o.Queries.Len(), settings.Count(o.Database.Len(), "image"), o.Images)
	out := newLeftOut(e.console, o.Images)
	r := retrievalReport{Weights: e.model.File, Images: o.Images, Truth: o.Truth, ImageSize: c.Imsize, Multiscale: c.Multiscale, names: o.QueryNames}
	for _, n := range e.networks {
		found, err := o.Rank(e.ctx, e.device, eval.Ranker{
			Backbone: e.backbone(c.Imsize), Size: c.Imsize, MultiScale: c.Multiscale,
			LeftOut: out.add, Done: counting(e.console, n.Role, of),
		}, n.Arena)
		if err != nil {
			return nil, err
		}
		lost := found.DatabaseLeftOut + len(found.LeftOut)
		result := retrievalResult{Network: n.Role, Values: retrievalValues(found), found: found}
		r.Results = append(r.Results, result)
		r.Database, r.Queries, r.LeftOut = o.Database.Len()-found.DatabaseLeftOut, o.Queries.Len()-len(found.LeftOut), lost
		counts := map[string]int{"images": r.Database, "queries": r.Queries, "left_out": lost}
		for level, name := range eval.RetrievalLevels {
			counts[name+"_queries"] = found.Used[level]
		}
		e.record(n, results.Record{
			Evaluation: results.Retrieval, Data: c.Data, Values: result.Values, Counts: counts,
			Settings: map[string]any{"image_size": c.Imsize, "multiscale": c.Multiscale, "gnd": o.Truth},
		})
	}
	out.say()
	return r, nil
}

// retrievalValues are a network's numbers in percent, by their names in results.jsonl.
func retrievalValues(found eval.RetrievalResult) map[string]float64 {
	values := map[string]float64{}
	for level, name := range eval.RetrievalLevels {
		mean := found.Mean[level]
		if math.IsNaN(mean.AP) {
			continue
		}
		values[name+"_map"] = 100 * mean.AP
		for d, depth := range eval.RetrievalDepths {
			values[fmt.Sprintf("%s_mp%d", name, depth)] = 100 * mean.Precision[d]
		}
	}
	return values
}

// print writes a line for each level of each network.
func (r retrievalReport) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "NETWORK\tLEVEL\tQUERIES\tmAP, %\tmP@1, %\tmP@5, %\tmP@10, %")
	for _, n := range r.Results {
		for level, name := range eval.RetrievalLevels {
			m := n.found.Mean[level]
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\t%s\n", n.Network, name, n.found.Used[level],
				percent(m.AP), percent(m.Precision[0]), percent(m.Precision[1]), percent(m.Precision[2]))
		}
	}
	return w.Flush()
}

// rows are each query's average precision by each network, in percent.
func (r retrievalReport) rows() [][]string {
	rows := [][]string{{"network", "query", "easy_ap", "medium_ap", "hard_ap"}}
	for _, n := range r.Results {
		for q, s := range n.found.Queries {
			row := []string{n.Network, r.names[q]}
			for _, level := range s {
				row = append(row, exactPercent(level.AP))
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// percent is a share from 0 to 1 for people; a dash where there is none.
func percent(share float64) string {
	if math.IsNaN(share) {
		return "-"
	}
	return fmt.Sprintf("%.2f", 100*share)
}

// exactPercent is one for programs; nothing where there is none.
func exactPercent(share float64) string {
	if math.IsNaN(share) {
		return ""
	}
	return strconv.FormatFloat(100*share, 'g', -1, 64)
}
