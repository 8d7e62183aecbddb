package main

import (
	"context"
	"fmt"
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

// demoReport prints the demo's table and writes its two images.
func demoReport(ctx context.Context, r *run.Run, a *app) error {
	bank, test, err := augment.Demo()
	if err != nil {
		return err
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
func (e *demoEvaluation) image(from eval.Images, i int) (*augment.Image, error) {
	pixels, err := from.Look(i)
	size := e.r.Settings().Config.GlobalCropsSize
	return &augment.Image{W: size, H: size, Pix: pixels}, err
}

func (e *demoEvaluation) say(format string, args ...any) { e.app.console.Print(format, args...) }

// report prints the table and writes the two images.
func (e *demoEvaluation) report(ctx context.Context) error {
	e.say("evaluating: 20 nearest of %d labeled images, for %d others", len(e.Bank.Which), len(e.Queries.Which))
	fresh, err := dino.FreshWeights(e.r.Device(), e.r.Settings().Config)
	if err != nil {
		return err
	}
	defer fresh.Release()
	pixels, err := e.Score(ctx, e.r.Device(), eval.Pixels{})
	if err != nil {
		return err
	}
	untrained, err := e.score(ctx, fresh)
	if err != nil {
		return err
	}
	trained, err := e.score(ctx, e.r.Teacher())
	if err != nil {
		return err
	}
	if err := e.table(pixels, untrained, trained); err != nil {
		return err
	}
	if !e.r.Reported("demo_teacher") {
		e.r.Measured(demoMetrics{
			Step: e.r.Step(), PixelsAsTheyAre: pixels.AsTheyAre, PixelsMoved: pixels.Moved,
			UntrainedAsTheyAre: untrained.AsTheyAre, UntrainedMoved: untrained.Moved,
			TrainedAsTheyAre: trained.AsTheyAre, TrainedMoved: trained.Moved,
		})
	}
	if err := e.neighbours(trained); err != nil {
		return err
	}
	return e.attention(ctx)
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

// neighbours draws eight moved queries with their five nearest.
func (e *demoEvaluation) neighbours(s eval.DemoScore) error {
	var rows []viewer.NeighborRow
	for i := range 8 {
		q := i * len(s.Neighbors) / 8
		query, err := e.image(e.Moved, q)
		if err != nil {
			return err
		}
		row := viewer.NeighborRow{Query: query, Class: e.Classes[e.Moved.Labels[q]]}
		for _, n := range s.Neighbors[q][:5] {
			near, err := e.image(e.Bank, n.Index)
			if err != nil {
				return err
			}
			row.Nearest = append(row.Nearest, viewer.Neighbor{Image: near, Class: e.Classes[e.Bank.Labels[n.Index]]})
		}
		rows = append(rows, row)
	}
	return viewer.WritePNG(e.r.Folder().Join("neighbours.png"), viewer.Neighbors(rows))
}

// attention draws what each head of the teacher's last block looks at in eight test images.
func (e *demoEvaluation) attention(ctx context.Context) error {
	const shown = 8
	c := e.config()
	c.Batch, c.Blocks, c.Attention = shown, 0, []int{c.ViT.Depth - 1}
	b, err := e.backbone(e.r.Teacher(), c)
	if err != nil {
		return err
	}
	defer b.Release()
	var images []*augment.Image
	var pixels [][]uint8
	for i := range shown {
		image, err := e.image(e.Queries, i*len(e.Queries.Which)/shown)
		if err != nil {
			return err
		}
		images, pixels = append(images, image), append(pixels, image.Pix)
	}
	out, err := b.Run(ctx, pixels)
	if err != nil {
		return err
	}
	maps := make([][][]float32, shown)
	for i := range maps {
		for h := range c.ViT.Heads {
			maps[i] = append(maps[i], out.Map(0, i, 0, h))
		}
	}
	gridH, gridW := c.Grid()
	return viewer.WritePNG(e.r.Folder().Join("attention", "heads.png"), viewer.Attention(images, maps, gridH, gridW))
}
