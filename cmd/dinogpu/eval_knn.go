package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/eval"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// The evaluations, each a command of its own.
type evalCmd struct {
	KNN knnCmd `cmd:"" name:"knn" help:"Measure how often the nearest labeled images name an image's class."`
}

type knnCmd struct {
	weightsFlags
	Data  string `aliases:"data-path" placeholder:"DIR" help:"A folder with train/ and val/, each with a sub-folder per class. Or one folder of classes, or a labeled idx file: each image is asked of all the others (leave-one-out)."`
	Train string `placeholder:"PATH" help:"Images that vote: a folder of classes or a labeled idx file (instead of --data)."`
	Test  string `placeholder:"PATH" help:"Images to classify, likewise."`
	Limit int    `default:"0" help:"Use only N images of each, spread evenly. 0: all."`

	NbKNN       []int   `name:"nb-knn" default:"10,20,100,200" help:"How many neighbors vote; a line per number."`
	Temperature float64 `default:"0.07" help:"A vote weighs exp(cosine / temperature)."`
	ImageSize   int     `default:"0" help:"Pixels per side. 0: the size that the weights were trained at."`
	Student     bool    `help:"Measure the student too, where the weights hold one."`
	adapterFlags
	JSON bool `name:"json" help:"As JSON."`
}

// Help is what --help says before the flags.
func (knnCmd) Help() string {
	return "The reference's evaluation: images are resized (short side to 256 for 224, bicubic) and cut to the central square; features of unit length vote by their cosine. Classes are matched by name. 10 or 20 neighbors are usually best. Top-5 counts only classes that got a vote. In leave-one-out an image has no vote on itself; a copy of it that lies there too has, so look for copies first."
}

// A knnReport is what eval knn prints.
type knnReport struct {
	Weights     string   `json:"weights"`
	ImageSize   int      `json:"image_size"`
	Temperature float64  `json:"temperature"`
	Classes     int      `json:"classes"`
	LeaveOneOut bool     `json:"leave_one_out"` // train and test are then the same images
	Train       knnSide  `json:"train"`
	Test        knnSide  `json:"test"`
	Results     []knnRow `json:"results"`
}

type knnSide struct {
	Path    string `json:"path"`
	Images  int    `json:"images"`   // that took part
	LeftOut int    `json:"left_out"` // could not be read
}

// A knnRow is one network's accuracy for one k, in percent.
type knnRow struct {
	Network string  `json:"network"`
	K       int     `json:"k"`
	Used    int     `json:"used"` // neighbors that voted: fewer than k where there are fewer
	Top1    float64 `json:"top1"`
	Top5    float64 `json:"top5"`
}

// Run checks what was asked for, measures and prints.
func (c *knnCmd) Run(a *app) error {
	paths, err := c.paths()
	if err != nil {
		return usageError{err}
	}
	model, err := c.open(a)
	if err != nil {
		return err
	}
	if c.ImageSize == 0 {
		c.ImageSize = model.ViT.ImageSize
	}
	if c.ImageSize < model.ViT.Patch {
		return usageError{fmt.Errorf("--image-size %d is smaller than one patch of %d pixels", c.ImageSize, model.ViT.Patch)}
	}
	roles := []string{c.CheckpointKey}
	if c.Student && c.CheckpointKey != weights.RoleStudent {
		roles = append(roles, weights.RoleStudent)
	}
	for _, role := range roles {
		if _, err := model.Network(role); err != nil {
			return usageError{fmt.Errorf("%w; leave --student out or name the run's folder", err)}
		}
	}
	question, err := paths.open(c.ImageSize, a.console)
	if err != nil {
		return err
	}
	device, err := openDevice(c.Adapter, a.console)
	if err != nil {
		return err
	}
	defer device.Close()
	report, err := c.measure(a, device, model, roles, question, paths)
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(a.stdout, report)
	}
	return report.print(a.stdout)
}

// measure asks the question of each role's network.
func (c *knnCmd) measure(a *app, d *gpu.Device, w *weights.Model, roles []string, q eval.Question, paths labeledPaths) (knnReport, error) {
	if q.LeaveOneOut {
		a.console.Print("leave-one-out: each of %d images of %d classes in %s is asked of all the others", len(q.Bank.Which), len(q.Classes), paths.Train)
	} else {
		a.console.Print("%d images of %d classes in %s vote on %d in %s", len(q.Bank.Which), len(q.Classes), paths.Train, len(q.Queries.Which), paths.Test)
	}
	if len(q.Classes) <= 5 {
		a.console.Print("with %d classes the right one is nearly always among the best five: look at top-1", len(q.Classes))
	}
	var networks []*layers.Arena
	for _, role := range roles {
		arena, err := w.Upload(d, role)
		if err != nil {
			return knnReport{}, err
		}
		defer arena.Release()
		networks = append(networks, arena)
	}
	config := dino.BackboneConfig{ViT: w.ViT, Mean: w.Mean, Std: w.Std, Height: c.ImageSize, Width: c.ImageSize, Blocks: 1}
	train, test := newLeftOut(a.console, paths.Train), newLeftOut(a.console, paths.Test)
	if q.LeaveOneOut {
		test = train // they are read once
	}
	vote := eval.Vote{
		Question: q, Ks: c.NbKNN, Temperature: c.Temperature,
		Bank:    embedding(a.console, paths.Train, q.Bank, train),
		Queries: embedding(a.console, paths.Test, q.Queries, test),
	}
	defer a.console.Status("")
	results, err := vote.AskNetworks(a.ctx, d, d.Target(), config, networks...)
	if err != nil {
		if a.ctx.Err() != nil {
			return knnReport{}, fmt.Errorf("%w: nothing was measured, and there was nothing to save", errInterrupted)
		}
		return knnReport{}, err
	}
	train.say()
	if !q.LeaveOneOut {
		test.say()
	}
	r := knnReport{
		Weights: w.File, ImageSize: c.ImageSize, Temperature: c.Temperature, Classes: len(q.Classes), LeaveOneOut: q.LeaveOneOut,
		Train: knnSide{paths.Train, len(q.Bank.Which) - len(train.seen), len(train.seen)},
		Test:  knnSide{paths.Test, len(q.Queries.Which) - len(test.seen), len(test.seen)},
	}
	for i, role := range roles {
		for _, x := range results[i] {
			r.Results = append(r.Results, knnRow{role, x.K, x.Used, x.Top1, x.Top5})
		}
	}
	return r, nil
}

// print writes a line for each k.
func (r knnReport) print(out io.Writer) error {
	if r.LeaveOneOut {
		fmt.Fprintln(out, "Leave-one-out: each image is asked of all the others.")
	}
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "NETWORK\tK\tTOP-1, %\tTOP-5, %")
	for _, row := range r.Results {
		k := fmt.Sprint(row.K)
		if row.Used < row.K {
			k += fmt.Sprintf(" (there are %d)", row.Used)
		}
		fmt.Fprintf(w, "%s\t%s\t%.2f\t%.2f\n", row.Network, k, row.Top1, row.Top5)
	}
	return w.Flush()
}
