package main

import (
	"context"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/eval"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/settings"

	"github.com/dinogpu/dinogpu/dino/run"
)

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
	if v.Question, err = (labelledPaths{Train: s.Run.KNNTrain, Test: s.Run.KNNTest}).open(size, console); err != nil {
		return nil, err
	}
	v.Bank.LeftOut = newLeftOut(console, s.Run.KNNTrain).add
	v.Queries.LeftOut = newLeftOut(console, s.Run.KNNTest).add
	return v, nil
}

// knnDue tells whether k-NN belongs to the end of this step: that of every --knn-every epochs, and of the run, where
// the demo's report says what is nearest among its own pictures.
func (r *training) knnDue() bool {
	switch {
	case r.knn == nil || r.step == 0:
		return false
	case r.step == r.trainer.Schedules.Steps():
		return r.demo == nil || r.settings.Run.KNNTrain != ""
	}
	return r.step%(r.settings.Run.KNNEvery*r.loader.StepsPerEpoch()) == 0
}

// measure asks teacher and student, and writes what they know. Stopped by ctx it returns nil and has written nothing:
// the caller sees the same ctx.
func (r *training) measure(ctx context.Context, progress *progress) error {
	if !r.knnDue() || r.measured() {
		return nil
	}
	if err := r.finish(); err != nil {
		return err
	}
	results, err := r.knn.AskNetworks(ctx, r.device, r.target, dino.BackboneOf(r.settings.Config), r.trainer.Teacher, r.trainer.Student)
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return err
	}
	m := run.EvalMetrics{Step: r.step, KNNTeacher: results[0][0].Top1, KNNStudent: results[1][0].Top1}
	progress.Eval(m)
	r.note(m)
	return nil
}

// measured tells whether this step's evaluation stands in metrics.jsonl, as it does when a run goes on that was
// stopped after it.
func (r *training) measured() bool { return r.run.Reported(r.step, "knn_teacher") }
