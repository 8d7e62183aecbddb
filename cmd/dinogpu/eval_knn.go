package main

import (
	"fmt"

	"github.com/dinogpu/dinogpu/dino/settings"
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
	All           evalAllCmd       `cmd:"" help:"Run every evaluation that a folder holds data for."`
	Table         evalTableCmd     `cmd:"" help:"Show what runs' evaluations measured, side by side with the paper's numbers."`
}

type knnCmd struct {
	evalFlags
	Data        string  `aliases:"data-path" placeholder:"DIR" help:"A folder with train/ and val/, each with a sub-folder per class. Or one folder of classes, or a labeled idx file: each image is asked of all the others (leave-one-out)."`
	Train       string  `placeholder:"PATH" help:"Images that vote: a folder of classes or a labeled idx file (instead of --data)."`
	Test        string  `placeholder:"PATH" help:"Images to classify, likewise."`
	ValFraction float64 `default:"0" help:"Of one folder of classes, this share of each is asked of the rest. 0: leave-one-out."`
	Limit       int     `default:"0" help:"Use only N images of each, spread evenly. 0: all."`

	NbKNN       []int   `name:"nb-knn" default:"10,20,100,200" help:"How many neighbors vote; a line per number."`
	Temperature float64 `default:"0.07" help:"A vote weighs exp(cosine / temperature)."`
	ImageSize   int     `default:"0" help:"Pixels per side. 0: the size that the weights were trained at."`

	Shots    int     `default:"0" help:"Low-shot: N images of each class vote. 0: all."`
	Fraction float64 `default:"0" help:"Or this share of each class. 0.01: 1 %."`
	Repeats  int     `default:"5" help:"Draws of these; mean and deviation are told."`

	asked    labeledPaths
	question eval.Question
}

// Help is what --help says before the flags.
func (knnCmd) Help() string {
	return "The reference's evaluation: images are resized (short side to 256 for 224, bicubic) and cut to the central square; features of unit length vote by their cosine. Classes are matched by name. 10 or 20 neighbors are usually best. Top-5 counts only classes that got a vote. In leave-one-out an image has no vote on itself; a copy of it that lies there too has, so look for copies first. Low-shot asks the rest."
}

// Run checks what was asked for, measures and prints.
func (c *knnCmd) Run(a *app) error { return runEvaluator(a, &c.evalFlags, c) }

func (c *knnCmd) check() (err error) {
	if c.asked, err = c.paths(); err != nil {
		return usageError{err}
	}
	return nil
}

func (c *knnCmd) lowShot() bool { return c.Shots > 0 || c.Fraction > 0 }

func (c *knnCmd) prepare(e *evaluation) (err error) {
	if err := e.fitImageSize(&c.ImageSize); err != nil {
		return err
	}
	c.question, err = c.asked.open(c.ImageSize, e.console)
	if err != nil || c.ValFraction == 0 {
		return err
	}
	if c.question, err = c.question.Split(c.ValFraction, c.Seed); err != nil {
		return fmt.Errorf("%s: %w", c.asked.Train, err)
	}
	return nil
}

// measure asks the question of all networks at once.
func (c *knnCmd) measure(e *evaluation) (evalReport, error) {
	q, paths := c.question, c.asked
	c.announce(e)
	train, test := newLeftOut(e.console, paths.Train), newLeftOut(e.console, paths.Test)
	if q.LeaveOneOut {
		test = train // they are read once
	}
	vote := eval.Vote{
		Question: q, Ks: c.NbKNN, Temperature: c.Temperature,
		Bank:    embedding(e.console, paths.Train, q.Bank, train),
		Queries: embedding(e.console, paths.Test, q.Queries, test),
	}
	embedded, err := vote.EmbedNetworks(e.ctx, e.device, e.device.Target(), e.backbone(c.ImageSize), e.arenas()...)
	if err != nil {
		return nil, err
	}
	train.say()
	if !q.LeaveOneOut {
		test.say()
	}
	r := &knnReport{
		Weights: e.model.File, ImageSize: c.ImageSize, Temperature: c.Temperature, Classes: len(q.Classes), LeaveOneOut: q.LeaveOneOut,
		ValFraction: c.ValFraction, Seed: c.Seed,
		Train: knnSide{paths.Train, len(q.Bank.Which) - len(train.seen), len(train.seen)},
		Test:  knnSide{paths.Test, len(q.Queries.Which) - len(test.seen), len(test.seen)},
	}
	for i, n := range e.networks {
		if c.lowShot() {
			err = c.drawShots(e, n, vote, embedded[i], r)
		} else {
			err = c.askAll(e, n, vote, embedded[i], r)
		}
		if err != nil {
			return nil, err
		}
		embedded[i] = eval.EmbeddedQuestion{} // each network's features take memory until it has answered
	}
	return r, nil
}

// announce says what is asked of what.
func (c *knnCmd) announce(e *evaluation) {
	q, paths := c.question, c.asked
	switch {
	case c.lowShot() && q.LeaveOneOut:
		e.console.Print("%s of each class of %d images of %d classes in %s vote on all others", c.shotWords(), len(q.Bank.Which), len(q.Classes), paths.Train)
	case c.lowShot():
		e.console.Print("%s of each class of %d images of %d classes in %s vote on %d in %s", c.shotWords(), len(q.Bank.Which), len(q.Classes), paths.Train, len(q.Queries.Which), paths.Test)
	case q.LeaveOneOut:
		e.console.Print("leave-one-out: each of %d images of %d classes in %s is asked of all the others", len(q.Bank.Which), len(q.Classes), paths.Train)
	default:
		e.console.Print("%d images of %d classes in %s vote on %d in %s", len(q.Bank.Which), len(q.Classes), paths.Train, len(q.Queries.Which), paths.Test)
	}
	if len(q.Classes) <= 5 {
		e.console.Print("with %d classes the right one is nearly always among the best five: look at top-1", len(q.Classes))
	}
}

// askAll has all images of the bank vote.
func (c *knnCmd) askAll(e *evaluation, n evalNetwork, vote eval.Vote, embedded eval.EmbeddedQuestion, r *knnReport) error {
	found, err := vote.Answers(e.ctx, e.device, embedded)
	if err != nil {
		return err
	}
	values := map[string]float64{}
	for _, x := range found.Results {
		r.Results = append(r.Results, knnRow{Network: n.Role, K: x.K, Used: x.Used, Top1: x.Top1, Top5: x.Top5})
		top1, top5 := knnKeys(x.K)
		values[top1], values[top5] = x.Top1, x.Top5
	}
	r.addAnswers(n.Role, found, c.question.Classes, c.CSV != "")
	e.record(n, results.Record{Evaluation: results.KNN, Data: c.asked.Test, Values: values, Settings: c.settings(), Counts: r.counts()})
	return nil
}

// drawShots has few images of each class vote, again and again.
func (c *knnCmd) drawShots(e *evaluation, n evalNetwork, vote eval.Vote, embedded eval.EmbeddedQuestion, r *knnReport) error {
	few := eval.LowShot{Shots: c.Shots, Fraction: c.Fraction, Repeats: c.Repeats, Seed: c.Seed}
	spreads, err := vote.LowShot(e.ctx, e.device, embedded, few)
	if err != nil {
		return err
	}
	values := map[string]float64{}
	for _, x := range spreads {
		row := knnRow{Network: n.Role, K: x.K, Used: x.Used, Top1: x.Top1, Top5: x.Top5}
		top1, top5 := knnKeys(x.K)
		values[top1], values[top5] = x.Top1, x.Top5
		if c.Repeats > 1 {
			row.Top1Dev, row.Top5Dev = &x.Top1Dev, &x.Top5Dev
			values[top1+results.Deviation], values[top5+results.Deviation] = x.Top1Dev, x.Top5Dev
		}
		r.Results = append(r.Results, row)
	}
	r.LowShot = &knnLowShot{c.Shots, c.Fraction, c.Repeats, spreads[0].Voters, spreads[0].Queries}
	s := c.settings()
	if s["repeats"] = c.Repeats; c.Shots > 0 {
		s["shots"] = c.Shots
	} else {
		s["fraction"] = c.Fraction
	}
	counts := r.counts()
	counts["train_images"], counts["images"] = spreads[0].Voters, spreads[0].Queries
	e.record(n, results.Record{Evaluation: results.KNNLowShot, Data: c.asked.Test, Values: values, Settings: s, Counts: counts})
	return nil
}

// knnKeys are the values of k neighbors in a record.
func knnKeys(k int) (top1, top5 string) {
	return fmt.Sprintf("top1_%dnn", k), fmt.Sprintf("top5_%dnn", k)
}

// settings are what the numbers depend on.
func (c *knnCmd) settings() map[string]any {
	s := map[string]any{"image_size": c.ImageSize, "temperature": c.Temperature, "leave_one_out": c.question.LeaveOneOut, "train": c.asked.Train}
	if c.ValFraction > 0 {
		s["val_fraction"] = c.ValFraction
	}
	if c.Limit > 0 {
		s["limit"] = c.Limit
	}
	return s
}

func (c *knnCmd) shotWords() string {
	if c.Shots > 0 {
		return settings.Count(c.Shots, "image")
	}
	return fmt.Sprintf("%g %%", 100*c.Fraction)
}
