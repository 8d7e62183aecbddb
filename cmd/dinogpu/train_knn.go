package main

import (
	"context"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/run"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/eval"
)

// runEvaluation is what a run is asked as it goes on: k-NN, and at its end the demo's table.
type runEvaluation struct {
	app      *app
	settings settings.Settings
	knn      *knnOf // nil without --knn-every
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
	nets := []network{{weights.RoleTeacher, r.Teacher()}, {weights.RoleStudent, r.Student()}}
	results, err := e.knn.ask(ctx, r.Device(), e.settings.Config, r.Target(), nets)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r.Measured(run.EvalMetrics{Step: r.Step(), KNNTeacher: results[0][0].Top1, KNNStudent: results[1][0].Top1})
	return nil
}

// openKNN opens the pictures of --knn-every, nil where it is 0: those of --knn-train and --knn-test, else the demo's.
func openKNN(s settings.Settings, console *console) (*knnOf, error) {
	if s.Run.KNNEvery == 0 {
		if s.Run.KNNTrain != "" {
			console.Print("--knn-every is 0, so %s and %s are not looked at", s.Run.KNNTrain, s.Run.KNNTest)
		}
		return nil, nil
	}
	size := s.Config.GlobalCropsSize
	k := &knnOf{size: size, ks: []int{eval.DemoK}, temperature: eval.Temperature}
	k.bank.Batch, k.queries.Batch = demoBatch, demoBatch
	if s.Run.KNNTrain == "" { // the demo: settings of other pictures were refused
		bank, test, err := augment.Demo()
		if err != nil {
			return nil, err
		}
		k.question = eval.NewDemo(bank, test, size).Question
		return k, nil
	}
	var err error
	if k.question, err = (labelledPaths{Train: s.Run.KNNTrain, Test: s.Run.KNNTest}).open(size, console); err != nil {
		return nil, err
	}
	batch := batchOf(s.Config.ViT(), size, k.question)
	k.bank = eval.Reading{Batch: batch, LeftOut: newLeftOut(console, s.Run.KNNTrain).add}
	k.queries = eval.Reading{Batch: batch, LeftOut: newLeftOut(console, s.Run.KNNTest).add}
	return k, nil
}
