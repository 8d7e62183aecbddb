package dino

import (
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// DINO and its ablations: six steps each, beside PyTorch in float64.
func TestAblationsAgainstPyTorch(t *testing.T) {
	temp := func(v float64) func(*settings.Config) {
		return func(c *settings.Config) { c.WarmupTeacherTemp, c.TeacherTemp = v, v }
	}
	teacher := func(v settings.Teacher) func(*settings.Config) {
		return func(c *settings.Config) { c.Teacher = v }
	}
	centering := func(v settings.Centering, iterations int, perView bool) func(*settings.Config) {
		return func(c *settings.Config) {
			c.Centering, c.SinkhornIterations, c.SinkhornPerView = v, iterations, perView
		}
	}
	center := func(m float64) func(*settings.Config) {
		return func(c *settings.Config) { c.CenterMomentum = m }
	}
	all := func(list ...func(*settings.Config)) func(*settings.Config) {
		return func(c *settings.Config) {
			for _, f := range list {
				f(c)
			}
		}
	}
	mse := func(c *settings.Config) { c.Loss = settings.MSE }
	two := func(c *settings.Config) { c.LocalCropsNumber = 0 }
	bn := func(c *settings.Config) { c.UseBNInHead = true }
	predictor := func(c *settings.Config) { c.Predictor = true }
	copied := teacher(settings.TeacherCopy)
	for _, x := range []methodRun{
		{row: "", set: all()},
		{row: "teacher_copy", set: copied, copied: true},
		{row: "teacher_previous_iteration", set: teacher(settings.TeacherPreviousIteration), copied: true},
		{row: "teacher_previous_epoch", set: teacher(settings.TeacherPreviousEpoch), copied: true},
		{row: "sinkhorn3", set: centering(settings.CenteringSinkhorn, 3, false)},
		{row: "sinkhorn1", set: centering(settings.CenteringSinkhorn, 1, false)},
		{row: "softmax_batch", set: centering(settings.CenteringBatchSoftmax, 3, false)},
		{row: "sinkhorn3_per_view", set: centering(settings.CenteringSinkhorn, 3, true)},
		{row: "softmax_batch_per_view", set: centering(settings.CenteringBatchSoftmax, 3, true)},
		{row: "sinkhorn3_tau.05", set: all(centering(settings.CenteringSinkhorn, 3, false), temp(0.05))},
		{row: "copy_sinkhorn3", set: all(centering(settings.CenteringSinkhorn, 3, false), copied), copied: true},
		{row: "copy_softmax_batch", set: all(centering(settings.CenteringBatchSoftmax, 3, false), copied), copied: true},
		{row: "no_center", set: centering(settings.CenteringNone, 3, false)},
		{row: "no_sharpening", set: temp(0.1)},
		{row: "no_sharpening_tau1", set: temp(1)},
		{row: "fixed_center", set: center(1)},
		{row: "center_m0", set: center(0)},
		{row: "center_m.999", set: center(0.999)},
		{row: "mse", set: mse},
		{row: "mse_no_center", set: all(mse, centering(settings.CenteringNone, 3, false))},
		{row: "mse_two_crops", set: all(mse, two)},
		{row: "two_crops", set: two},
		{row: "relu_head", set: func(c *settings.Config) { c.HeadActivation = "relu" }},
		{row: "predictor", set: predictor},
		{row: "bn_head", set: bn, losses: 1e-3},
		{row: "bn_head_predictor_copy", set: all(bn, predictor, copied), copied: true, losses: 1e-3},
	} {
		x.file = "dino_ablations"
		x.check(t)
	}
}
