package main

import (
	"context"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/run"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/eval"
)

// runEvaluation is what a run is asked as it goes on: k-NN, and at its end the demo's table.
type runEvaluation struct {
	app      *app
	settings settings.Settings
	knn      *eval.Vote // nil without --knn-every
}

func newRunEvaluation(s settings.Settings, a *app) (*runEvaluation, error) {
	knn, err := openKNN(s, a.console)
	return &runEvaluation{app: a, settings: s, knn: knn}, err
}

// evaluate asks what is due. Where the demo's table comes, it says what is nearest among the demo's own images.
func (e *runEvaluation) evaluate(ctx context.Context, r *run.Run) error {
	demo := r.Step() == r.Total() && e.settings.Config.Data == settings.DataDemo
	if e.knn != nil && !(demo && e.settings.Run.KNNTrain == "") && !r.Reported("knn_teacher") {
		if err := e.measure(ctx, r); err != nil {
			return err
		}
	}
	if demo {
		return demoReport(ctx, r, e.app)
	}
	return nil
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

// openKNN opens the images of --knn-every, nil where it is 0: those of --knn-train and --knn-test, else the demo's.
func openKNN(s settings.Settings, console *console) (*eval.Vote, error) {
	if s.Run.KNNEvery == 0 {
		if s.Run.KNNTrain != "" {
			console.Print("--knn-every is 0, so %s and %s are not looked at", s.Run.KNNTrain, s.Run.KNNTest)
		}
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
