package main

import (
	"context"
	"fmt"
	"image"
	"text/tabwriter"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/run"
	"github.com/dinogpu/dinogpu/eval"
	"github.com/dinogpu/dinogpu/layers"
	"github.com/dinogpu/dinogpu/viewer"
)

// demoEvaluation asks the demo's question of the run's networks.
type demoEvaluation struct {
	*eval.Demo
	r   *run.Run
	app *app
}

// demoReport prints the demo's table and gives the sheet of its neighbors.
func demoReport(ctx context.Context, r *run.Run, a *app) (*viewer.Sheet, error) {
	bank, test, err := augment.Demo()
	if err != nil {
		return nil, err
	}
	e := &demoEvaluation{eval.NewDemo(bank, test, r.Settings().Config.GlobalCropsSize), r, a}
	return e.report(ctx)
}

// score asks it of one network's weights.
func (e *demoEvaluation) score(ctx context.Context, weights *layers.Arena) (eval.DemoScore, error) {
	b, err := e.backbone(weights, e.config())
	if err != nil {
		return eval.DemoScore{}, err
	}
	defer b.Release()
	return e.Score(ctx, e.r.Device(), b)
}

func (e *demoEvaluation) backbone(weights *layers.Arena, c dino.BackboneConfig) (*dino.Backbone, error) {
	return dino.NewBackbone(e.r.Device(), e.r.Target(), c, weights)
}

func (e *demoEvaluation) config() dino.BackboneConfig {
	c := dino.BackboneOf(e.r.Settings().Config)
	c.Batch = eval.DemoBatch
	return c
}

// image is one of the demo's as its question shows it.
func (e *demoEvaluation) image(from eval.Images, i int) (*image.RGBA, error) {
	pixels, err := from.Look(i)
	if err != nil {
		return nil, err
	}
	size := e.r.Settings().Config.GlobalCropsSize
	return viewer.ToRGBA(&augment.Image{W: size, H: size, Pix: pixels}), nil
}

func (e *demoEvaluation) say(format string, args ...any) { e.app.console.Print(format, args...) }

// report prints the table and gives the sheet.
func (e *demoEvaluation) report(ctx context.Context) (*viewer.Sheet, error) {
	e.say("evaluating: 20 nearest of %d labeled images, for %d others", len(e.Bank.Which), len(e.Queries.Which))
	fresh, err := dino.FreshWeights(e.r.Device(), e.r.Settings().Config)
	if err != nil {
		return nil, err
	}
	defer fresh.Release()
	pixels, err := e.Score(ctx, e.r.Device(), eval.Pixels{})
	if err != nil {
		return nil, err
	}
	untrained, err := e.score(ctx, fresh)
	if err != nil {
		return nil, err
	}
	trained, err := e.score(ctx, e.r.Teacher())
	if err != nil {
		return nil, err
	}
	if err := e.table(pixels, untrained, trained); err != nil {
		return nil, err
	}
	if !e.r.Reported("demo_teacher") {
		e.r.Measured(demoMetrics{
			Step: e.r.Step(), PixelsAsTheyAre: pixels.AsTheyAre, PixelsMoved: pixels.Moved,
			UntrainedAsTheyAre: untrained.AsTheyAre, UntrainedMoved: untrained.Moved,
			TrainedAsTheyAre: trained.AsTheyAre, TrainedMoved: trained.Moved,
		})
	}
	return e.neighbors(trained, untrained)
}

// demoMetrics is the last line of a demo's metrics: accuracies in percent.
type demoMetrics struct {
	Step               int     `json:"step"`
	PixelsAsTheyAre    float64 `json:"demo_pixels"`
	PixelsMoved        float64 `json:"demo_pixels_moved"`
	UntrainedAsTheyAre float64 `json:"demo_untrained"`
	UntrainedMoved     float64 `json:"demo_untrained_moved"`
	TrainedAsTheyAre   float64 `json:"demo_teacher"`
	TrainedMoved       float64 `json:"demo_teacher_moved"`
}

func (e *demoEvaluation) table(pixels, untrained, trained eval.DemoScore) error {
	w := tabwriter.NewWriter(e.app.stdout, 0, 0, 3, ' ', 0)
	fmt.Fprintf(w, "\n%d-NN accuracy, %%\tas they are\tmoved\n", eval.DemoK)
	for _, row := range []struct {
		name string
		s    eval.DemoScore
	}{{"raw pixels", pixels}, {"untrained network", untrained}, {"trained teacher", trained}} {
		fmt.Fprintf(w, "%s\t%.1f\t%.1f\n", row.name, row.s.AsTheyAre, row.s.Moved)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(e.app.stdout, "\nHow to read it: %s; raw pixels do well on images as they are because "+
		"these are all centered and of one size, which photographs are not.\n", demoVerdict(trained.Moved-untrained.Moved))
	return err
}

// demoVerdict puts the gain on moved images into words. With 2,000 images two
// standard errors of a difference are about 3 points.
func demoVerdict(gain float64) string {
	if gain < 3 {
		return fmt.Sprintf("on moved images the trained network is %+.1f points from the untrained one, too little to say that it learned", gain)
	}
	return fmt.Sprintf("without a label the network learned what survives moving (%+.1f points over untrained on moved images)", gain)
}

// neighbors shows eight moved queries with their five nearest.
func (e *demoEvaluation) neighbors(trained, untrained eval.DemoScore) (*viewer.Sheet, error) {
	var rows []viewer.NeighborRow
	for i := range shownImages {
		q := i * len(trained.Neighbors) / shownImages
		query, err := e.image(e.Moved, q)
		if err != nil {
			return nil, err
		}
		row := viewer.NeighborRow{Query: query, Class: e.Classes[e.Moved.Labels[q]]}
		for _, s := range []eval.DemoScore{trained, untrained} {
			var line []viewer.Neighbor
			for _, n := range s.Neighbors[q][:nearShown] {
				near, err := e.image(e.Bank, n.Index)
				if err != nil {
					return nil, err
				}
				line = append(line, viewer.Neighbor{Image: near, Class: e.Classes[e.Bank.Labels[n.Index]]})
			}
			row.Nearest = append(row.Nearest, line)
		}
		rows = append(rows, row)
	}
	s := neighborSheet(rows, fmt.Sprintf("Queries are test images that were moved: cropped at random, flipped, their brightness changed; %d of %d are shown. Right of each, the nearest of %d images as they are, by the cosine of the class token's features after step %d.", shownImages, len(trained.Neighbors), len(e.Bank.Which), e.r.Step()))
	s.Title = fmt.Sprintf("Of the %d images nearest to one that was moved, %.0f %% are of its class by the trained network, %.0f %% by the untrained one", nearShown, e.sameClass(trained), e.sameClass(untrained))
	return s, nil
}

// sameClass is how many of all moved queries' nearest images are of their class, in percent.
func (e *demoEvaluation) sameClass(s eval.DemoScore) float64 {
	same, all := 0, 0
	for q, near := range s.Neighbors {
		for _, n := range near[:nearShown] {
			all++
			if e.Bank.Labels[n.Index] == e.Moved.Labels[q] {
				same++
			}
		}
	}
	return 100 * float64(same) / float64(max(1, all))
}
