package main

import (
	"context"
	"fmt"
	"math"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/run"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/eval"
	"github.com/dinogpu/dinogpu/layers"
)

// runMeasures measures without labels as a run goes on.
type runMeasures struct {
	app   *app
	views *eval.Views // of some of the run's images, drawn by its seed; made when first needed
	off   bool        // it failed, and that was said
}

// measure measures where it is due. A failure is a sentence and ends the measures, not the run; an error is of ctx.
func (m *runMeasures) measure(ctx context.Context, r *run.Run, end bool) error {
	c, every := r.Settings().Config, r.Settings().Run.MeasureEvery
	if m.off || every == 0 {
		return nil
	}
	period := measurePeriod(c, every, r.Images().Len(), r.Total()/c.Epochs*c.StepImages())
	if !end && (r.Reported("rankme_teacher") || !due(r, period)) {
		return nil
	}
	line, features, err := m.ask(ctx, r)
	if err == nil && !r.Reported("rankme_teacher") {
		r.Measured(line)
	}
	if err == nil && end {
		err = m.tell(ctx, r, line, features)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		m.off = true
		m.app.console.Print("measures without labels are left out from here on: %v", err)
	}
	return nil
}

// measureShare is the part of a run's arithmetic that measures without labels may take.
const measureShare = 0.05

// measurePeriod is after how many epochs a run of c is measured: a multiple of every that keeps the cost within
// measureShare, by the crops that go forward and backward, counted in forward passes of a global crop. images is how many
// there are, perEpoch how many an epoch shows.
func measurePeriod(c settings.Config, every, images, perEpoch int) int {
	local := float64(c.LocalCropsSize) / float64(c.GlobalCropsSize)
	student := 2 + float64(c.LocalCropsNumber)*local*local
	epoch := float64(perEpoch) * (2 + 3*student)
	cost := 4 * float64(eval.CountViews(images, c.GlobalCropsSize)) // two views by two networks
	return every * max(1, int(math.Ceil(cost/(measureShare*epoch)/float64(every))))
}

// ask measures teacher and student.
func (m *runMeasures) ask(ctx context.Context, r *run.Run) (run.UnlabeledMetrics, eval.ViewFeatures, error) {
	line := run.UnlabeledMetrics{Step: r.Step()}
	defer m.app.console.Status("")
	m.app.console.Status("measuring")
	var teacher eval.ViewFeatures
	if m.views == nil {
		c, err := r.Settings().Config, error(nil)
		if m.views, err = eval.OpenViews(ctx, r.Images(), c.GlobalCropsSize, c.Seed); err != nil {
			return line, teacher, err
		}
	}
	teacher, err := m.features(ctx, r, r.Teacher())
	if err != nil {
		return line, teacher, err
	}
	student, err := m.features(ctx, r, r.Student())
	if err != nil {
		return line, teacher, err
	}
	line.RankMeTeacher, line.RankMeStudent = eval.RankMe(teacher.Originals), eval.RankMe(student.Originals)
	line.ViewsTop1Teacher, line.ViewsTop1Student = teacher.ViewsTop1(), student.ViewsTop1()
	line.ViewsTop1Chance = teacher.ViewsChance()
	line.PrototypesUsed, err = prototypesUsed(r, teacher)
	return line, teacher, err
}

func (m *runMeasures) features(ctx context.Context, r *run.Run, weights *layers.Arena) (eval.ViewFeatures, error) {
	return m.views.Features(ctx, r.Device(), r.Target(), dino.BackboneOf(r.Settings().Config), weights)
}

// prototypesUsed counts the teacher's.
func prototypesUsed(r *run.Run, teacher eval.ViewFeatures) (float64, error) {
	head, err := dino.NewFrozenHead(r.Device(), r.Target(), r.Settings().Config, r.Teacher())
	if err != nil {
		return 0, err
	}
	defer head.Release()
	center, err := r.Center()
	if err != nil {
		return 0, err
	}
	n, err := eval.PrototypesUsed(head, center, teacher)
	return float64(n), err
}

// tell says at a run's end what the numbers mean, beside those of an untrained network.
func (m *runMeasures) tell(ctx context.Context, r *run.Run, line run.UnlabeledMetrics, teacher eval.ViewFeatures) error {
	fresh, err := dino.FreshWeights(r.Device(), r.Settings().Config)
	if err != nil {
		return err
	}
	defer fresh.Release()
	untrained, err := m.features(ctx, r, fresh)
	if err != nil {
		return err
	}
	m.app.console.Print("%s", measureWords(r.Settings().Config, line, teacher.Originals, untrained))
	return nil
}

// measureWords are the sentences.
func measureWords(c settings.Config, line run.UnlabeledMetrics, teacher eval.Features, untrained eval.ViewFeatures) string {
	n := teacher.Len()
	return fmt.Sprintf("without labels: of %d images that were moved (cropped, flipped, recolored), %.1f %% are nearest to their own original by the trained teacher, %.1f %% by an untrained network, %.2g %% by guessing. "+
		"Its features fill about %.1f directions (RankMe; untrained %.1f, of %d possible, 1 if it had collapsed), and %d of %d prototypes win for one of the %d views at least.",
		n, line.ViewsTop1Teacher, untrained.ViewsTop1(), line.ViewsTop1Chance,
		line.RankMeTeacher, eval.RankMe(untrained.Originals), min(n, teacher.Dim), int(line.PrototypesUsed), c.OutDim, 2*n)
}
