package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/dinogpu/dinogpu/eval"
	"github.com/dinogpu/dinogpu/eval/results"
)

// The evaluations, each a command of its own.
type evalCmd struct {
	KNN           knnCmd           `cmd:"" name:"knn" help:"Measure how often the nearest labeled images name an image's class."`
	Linear        linearCmd        `cmd:"" help:"Train a linear classifier on frozen features, and measure how often it is right."`
	Retrieval     retrievalCmd     `cmd:"" help:"Measure how well images of the same place are found (ROxford, RParis): mAP and precision."`
	CopyDetection copyDetectionCmd `cmd:"" name:"copydetection" help:"Measure how well copies find their originals (Copydays): mAP of each kind of copy."`
	Video         videoCmd         `cmd:"" help:"Follow objects through videos by the likeness of patches, and measure their masks."`
	Jaccard       jaccardCmd       `cmd:"" help:"Measure how well the attention covers objects that masks mark."`
}

type knnCmd struct {
	evalFlags
	Data  string `aliases:"data-path" placeholder:"DIR" help:"A folder with train/ and val/, each with a sub-folder per class. Or one folder of classes, or a labeled idx file: each image is asked of all the others (leave-one-out)."`
	Train string `placeholder:"PATH" help:"Images that vote: a folder of classes or a labeled idx file (instead of --data)."`
	Test  string `placeholder:"PATH" help:"Images to classify, likewise."`
	Limit int    `default:"0" help:"Use only N images of each, spread evenly. 0: all."`

	NbKNN       []int   `name:"nb-knn" default:"10,20,100,200" help:"How many neighbors vote; a line per number."`
	Temperature float64 `default:"0.07" help:"A vote weighs exp(cosine / temperature)."`
	ImageSize   int     `default:"0" help:"Pixels per side. 0: the size that the weights were trained at."`

	asked    labeledPaths
	question eval.Question
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
func (c *knnCmd) Run(a *app) error { return runEvaluator(a, &c.evalFlags, c) }

func (c *knnCmd) check() (err error) {
	if c.asked, err = c.paths(); err != nil {
		return usageError{err}
	}
	return nil
}

func (c *knnCmd) prepare(e *evaluation) (err error) {
	if err := e.fitImageSize(&c.ImageSize); err != nil {
		return err
	}
	c.question, err = c.asked.open(c.ImageSize, e.console)
	return err
}

// measure asks the question of all networks at once.
func (c *knnCmd) measure(e *evaluation) (evalReport, error) {
	q, paths := c.question, c.asked
	if q.LeaveOneOut {
		e.console.Print("leave-one-out: each of %d images of %d classes in %s is asked of all the others", len(q.Bank.Which), len(q.Classes), paths.Train)
	} else {
		e.console.Print("%d images of %d classes in %s vote on %d in %s", len(q.Bank.Which), len(q.Classes), paths.Train, len(q.Queries.Which), paths.Test)
	}
	if len(q.Classes) <= 5 {
		e.console.Print("with %d classes the right one is nearly always among the best five: look at top-1", len(q.Classes))
	}
	train, test := newLeftOut(e.console, paths.Train), newLeftOut(e.console, paths.Test)
	if q.LeaveOneOut {
		test = train // they are read once
	}
	vote := eval.Vote{
		Question: q, Ks: c.NbKNN, Temperature: c.Temperature,
		Bank:    embedding(e.console, paths.Train, q.Bank, train),
		Queries: embedding(e.console, paths.Test, q.Queries, test),
	}
	found, err := vote.AskNetworks(e.ctx, e.device, e.device.Target(), e.backbone(c.ImageSize), e.arenas()...)
	if err != nil {
		return nil, err
	}
	train.say()
	if !q.LeaveOneOut {
		test.say()
	}
	r := knnReport{
		Weights: e.model.File, ImageSize: c.ImageSize, Temperature: c.Temperature, Classes: len(q.Classes), LeaveOneOut: q.LeaveOneOut,
		Train: knnSide{paths.Train, len(q.Bank.Which) - len(train.seen), len(train.seen)},
		Test:  knnSide{paths.Test, len(q.Queries.Which) - len(test.seen), len(test.seen)},
	}
	for i, n := range e.networks {
		values := map[string]float64{}
		for _, x := range found[i] {
			r.Results = append(r.Results, knnRow{n.Role, x.K, x.Used, x.Top1, x.Top5})
			values[fmt.Sprintf("top1_%dnn", x.K)], values[fmt.Sprintf("top5_%dnn", x.K)] = x.Top1, x.Top5
		}
		e.record(n, results.Record{
			Evaluation: results.KNN, Data: paths.Test, Values: values,
			Settings: map[string]any{"image_size": c.ImageSize, "temperature": c.Temperature, "leave_one_out": q.LeaveOneOut, "train": paths.Train},
			Counts: map[string]int{
				"classes": len(q.Classes), "train_images": r.Train.Images, "images": r.Test.Images, "left_out": r.Train.LeftOut + r.Test.LeftOut,
			},
		})
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
