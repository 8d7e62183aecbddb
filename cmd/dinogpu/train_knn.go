package main

import (
	"context"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/run"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/eval"
)

// runEvaluation is what a run is asked as it goes on: k-NN, measures without labels and images of what was learned, and at
// its end the demo's table.
type runEvaluation struct {
	app      *app
	settings settings.Settings
	knn      *eval.Vote // nil where no labeled images are there to ask
	measures *runMeasures
	pictures *runPictures
}

func newRunEvaluation(s settings.Settings, a *app) (*runEvaluation, error) {
	knn, err := openKNN(s, a.console)
	return &runEvaluation{app: a, settings: s, knn: knn, measures: &runMeasures{app: a}, pictures: newRunPictures(a)}, err
}

// every is after how many epochs the run asks: the largest number that all that is due later is a multiple of; 0: never.
func (e *runEvaluation) every() int {
	o := e.settings.Run
	n := gcd(o.KNNEvery, o.MeasureEvery)
	if o.Images {
		n = gcd(n, o.SaveckpFreq)
	}
	return n
}

// gcd is the largest number that divides both; the other one where one is 0.
func gcd(a, b int) int {
	for b > 0 {
		a, b = b, a%b
	}
	return a
}

// due tells whether what comes every so many epochs comes after this step; 0: it never does.
func due(r *run.Run, every int) bool {
	perEpoch := r.Total() / r.Settings().Config.Epochs
	return every > 0 && r.Step()%(every*perEpoch) == 0
}

// evaluate asks what is due. Where the demo's table comes, it says what is nearest among the demo's own images.
func (e *runEvaluation) evaluate(ctx context.Context, r *run.Run) error {
	o, end := e.settings.Run, r.Step() == r.Total()
	demo := end && e.settings.Config.Data == settings.DataDemo
	if e.knn != nil && (end || due(r, o.KNNEvery)) && !(demo && o.KNNTrain == "") && !r.Reported("knn_teacher") {
		if err := e.measure(ctx, r); err != nil {
			return err
		}
	}
	if err := e.measures.measure(ctx, r, end); err != nil {
		return err
	}
	var near *nearSheet
	if demo {
		var err error
		if near, err = demoReport(ctx, r, e.app); err != nil {
			return err
		}
	}
	if end {
		return e.pictures.atEnd(ctx, r, near)
	}
	if due(r, o.SaveckpFreq) {
		return e.pictures.between(ctx, r)
	}
	return nil
}

// atStop draws what a run that max_steps or max_time stopped has learned so far.
func (e *runEvaluation) atStop(ctx context.Context, r *run.Run) {
	_ = e.pictures.atEnd(ctx, r, nil) // of ctx alone: the run has stopped in any case
}

// measure asks teacher and student.
func (e *runEvaluation) measure(ctx context.Context, r *run.Run) error {
	results, err := e.knn.AskNetworks(ctx, r.Device(), r.Target(), dino.BackboneOf(e.settings.Config), r.Teacher(), r.Student())
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r.Measured(run.EvalMetrics{Step: r.Step(), KNNTeacher: results[0][0].Top1, KNNStudent: results[1][0].Top1})
	return nil
}

// openKNN opens the images of --knn-train and --knn-test, which are asked at the run's end even without --knn-every; with
// it and without them the demo's; nil where there are none.
func openKNN(s settings.Settings, console *console) (*eval.Vote, error) {
	if s.Run.KNNEvery == 0 && s.Run.KNNTrain == "" {
		return nil, nil
	}
	size := s.Config.GlobalCropsSize
	v := &eval.Vote{Ks: []int{eval.DemoK}, Temperature: eval.Temperature}
	if s.Run.KNNTrain == "" { // the demo: settings of other images were refused
		bank, test, err := augment.Demo()
		if err != nil {
			return nil, err
		}
		v.Question = eval.NewDemo(bank, test, size).Question
		v.Bank.Batch = eval.DemoBatch
		return v, nil
	}
	var err error
	if v.Question, err = (labeledPaths{Train: s.Run.KNNTrain, Test: s.Run.KNNTest}).open(size, console); err != nil {
		return nil, err
	}
	v.Bank.LeftOut = newLeftOut(console, s.Run.KNNTrain).add
	v.Queries.LeftOut = newLeftOut(console, s.Run.KNNTest).add
	return v, nil
}
