package dino

import (
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// BYOL, with and without predictor, batch norm and local crops: six steps each, beside PyTorch in float64.
func TestBYOLAgainstPyTorch(t *testing.T) {
	byol := func(f func(c *settings.Config)) func(c *settings.Config) {
		return func(c *settings.Config) {
			c.Method, c.Centering, c.LocalCropsNumber = settings.MethodBYOL, settings.CenteringNone, 0
			c.HeadLayers, c.HeadActivation, c.UseBNInHead, c.Predictor = 2, "relu", true, true
			if f != nil {
				f(c)
			}
		}
	}
	for _, x := range []methodRun{
		{row: "", set: byol(nil)},
		{row: "adamw", set: byol(func(c *settings.Config) { c.Optimizer = settings.AdamW; c.LR = 0.002 * 64 }), moved: 5e-2},
		{row: "multicrop", set: byol(func(c *settings.Config) { c.LocalCropsNumber = 2 })},
		{row: "no_predictor", set: byol(func(c *settings.Config) { c.Predictor = false })},
		{row: "center_only", set: byol(func(c *settings.Config) {
			c.Predictor, c.UseBNInHead, c.Centering = false, false, settings.CenteringMean
		})},
	} {
		x.file, x.losses = "byol", 1e-3
		x.check(t)
	}
}
