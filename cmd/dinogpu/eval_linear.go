package main

import (
	"fmt"

	"github.com/alecthomas/kong"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/eval"
	"github.com/dinogpu/dinogpu/eval/results"
)

type linearCmd struct {
	evalFlags
	Data        string  `aliases:"data-path" placeholder:"DIR" help:"A folder with train/ and val/, each with a sub-folder per class. Or one folder of classes, or a labeled idx file, with --val-fraction."`
	Train       string  `placeholder:"PATH" help:"Images to learn from: a folder of classes or a labeled idx file (instead of --data)."`
	Test        string  `placeholder:"PATH" help:"Images to classify, likewise."`
	ValFraction float64 `default:"0" placeholder:"F" help:"Test on this part of each class (0.1: a tenth), chosen by --seed, where there is no val/."`
	Limit       int     `default:"0" help:"Use only N images of each, spread evenly. 0: all."`

	NLastBlocks        int       `name:"n-last-blocks" default:"0" help:"Features are the class tokens of so many of the last blocks. 0: 4, or 1 with --avgpool-patchtokens."`
	AvgpoolPatchtokens bool      `name:"avgpool-patchtokens" help:"The mean of the last block's patch tokens too, as the reference does for ViT-B."`
	LR                 []float64 `name:"lr" default:"0.001" help:"Learning rates, scaled by batch size / 256. Several share the backbone's work: --lr 0.001,0.01,0.1."`
	Epochs             int       `default:"100" help:"Epochs of training."`
	BatchSize          int       `default:"128" help:"Images of a step, and of a batch of the test."`
	ValFreq            int       `default:"1" help:"Test after every so many epochs; the last is tested too."`
	Cached             bool      `help:"Take features once, of the images' central view, and train on them: fast, but without random crops, so that it is not the paper's evaluation."`
	ImageSize          int       `default:"0" help:"Pixels per side. 0: the size that the weights were trained at."`
	Out                string    `placeholder:"FILE" help:"Keep the best classifier in FILE (.safetensors), and beside it, in FILE.last, what a training that was stopped goes on from."`
	Resume             bool      `help:"Go on with the training that --out names."`
	Evaluate           string    `placeholder:"FILE" help:"Test the classifiers of FILE, without training: of --out, or a released one (*_linearweights.pth, checkpoint.pth.tar)."`

	asked eval.LinearPaths
	input eval.LinearInput
	files map[string]*eval.LinearFile // of each network, what is evaluated or gone on with
	q     eval.Question
	args  []string // of the command line
}

// Help is what --help says before the flags.
func (linearCmd) Help() string {
	return "The reference's evaluation: a linear classifier is trained on frozen features of randomly cropped and mirrored images, by SGD with momentum 0.9 and a rate that falls by a cosine from epoch to epoch, and tested on the central square of others. The best rate differs from model to model: try several. Classes are matched by name."
}

// Run checks what was asked for, measures and prints.
func (c *linearCmd) Run(a *app, k *kong.Context) error {
	c.args = k.Args
	return runEvaluator(a, &c.evalFlags, c)
}

func (c *linearCmd) check() (err error) {
	if c.asked, err = c.paths(); err == nil {
		err = c.numbers()
	}
	if err != nil {
		return usageError{err}
	}
	return nil
}

func (c *linearCmd) prepare(e *evaluation) (err error) {
	c.asked.Seed = c.Seed
	if err := c.openFiles(e); err != nil {
		return err
	}
	if err := c.chooseInput(e); err != nil {
		return usageError{err}
	}
	if err := e.fitImageSize(&c.ImageSize); err != nil {
		return err
	}
	var m eval.Matched
	if c.Evaluate != "" {
		f := c.files[e.roles()[0]]
		var classes []string
		if f.About != nil {
			classes = f.About.Classes
		}
		if c.q.Queries, m, err = eval.OpenLinearTest(c.asked, classes, len(f.Probes[0].Bias), c.ImageSize); err == nil {
			c.q.Classes = classNames(classes, c.q.Queries.Source, len(f.Probes[0].Bias))
		}
	} else {
		c.q, m, err = eval.OpenLinear(c.asked, c.ImageSize)
	}
	if err != nil {
		return err
	}
	known := c.trainPath()
	if c.Evaluate != "" {
		known = c.Evaluate
	}
	sayMatched(e.console, m, known, c.testPath())
	return c.fitState()
}

// classNames are the names of all classes of a classifier.
func classNames(known []string, source augment.Source, n int) []string {
	if known == nil {
		known = source.Classes()
	}
	for i := len(known); i < n; i++ {
		known = append(known, fmt.Sprint(i))
	}
	return known
}

// measure trains on each network's features, or tests on them.
func (c *linearCmd) measure(e *evaluation) (evalReport, error) {
	r := &linearReport{
		Weights: e.model.File, ImageSize: c.ImageSize, Blocks: c.input.Blocks, AvgPool: c.input.AvgPool, Cached: c.Cached,
		Epochs: c.Epochs, BatchSize: c.BatchSize, Classes: len(c.q.Classes), Evaluate: c.Evaluate, Seed: c.Seed, classes: c.q.Classes,
	}
	if c.Evaluate != "" {
		r.Epochs, r.Cached = 0, false
		e.console.Print("the classifiers of %s are tested on %s of %d classes in %s", c.Evaluate, settings.Count(len(c.q.Queries.Which), "image"), len(c.q.Classes), c.testPath())
	} else {
		e.console.Print("a classifier of %d classes learns from %s of %s, and is tested on %d of %s", len(c.q.Classes), settings.Count(len(c.q.Bank.Which), "image"), c.trainPath(), len(c.q.Queries.Which), c.testPath())
		if c.Cached {
			e.console.Print("--cached: features are taken once, without random crops and mirroring; what comes out is not the paper's evaluation, and mostly lower")
		}
	}
	train, test := newLeftOut(e.console, c.trainPath()), newLeftOut(e.console, c.testPath())
	for _, n := range e.networks {
		rows, err := c.network(e, n, train, test, r)
		if err != nil {
			return nil, err
		}
		r.Results = append(r.Results, rows...)
	}
	if c.Evaluate == "" {
		train.say()
		r.Train = &knnSide{c.trainPath(), len(c.q.Bank.Which) - len(train.seen), len(train.seen)}
	}
	test.say()
	r.Test = knnSide{c.testPath(), len(c.q.Queries.Which) - len(test.seen), len(test.seen)}
	for i, n := range e.networks {
		c.record(e, n, r, r.best[i])
	}
	return r, nil
}

// record keeps the best of a network's classifiers.
func (c *linearCmd) record(e *evaluation, n evalNetwork, r *linearReport, best linearRow) {
	set := map[string]any{
		"lr": best.LR, "epochs": c.Epochs, "batch_size": c.BatchSize, "n_last_blocks": c.input.Blocks,
		"avgpool_patchtokens": c.input.AvgPool, "cached": c.Cached, "image_size": c.ImageSize, "val_freq": c.ValFreq,
	}
	counts := map[string]int{"classes": r.Classes, "images": r.Test.Images, "left_out": r.Test.LeftOut}
	if c.Evaluate != "" {
		set = map[string]any{
			"evaluate": c.Evaluate, "lr": best.LR, "batch_size": c.BatchSize, "n_last_blocks": c.input.Blocks,
			"avgpool_patchtokens": c.input.AvgPool, "image_size": c.ImageSize,
		}
	} else {
		set["train"] = c.trainPath()
		counts["train_images"], counts["left_out"] = r.Train.Images, r.Test.LeftOut+r.Train.LeftOut
	}
	if c.ValFraction > 0 {
		set["val_fraction"] = c.ValFraction
	}
	e.record(n, results.Record{
		Evaluation: results.Linear, Data: c.testPath(), Settings: set, Counts: counts,
		Values: map[string]float64{"top1": best.Top1, "top5": best.Top5},
	})
}
