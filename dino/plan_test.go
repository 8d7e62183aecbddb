package dino

import (
	"math"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// The reference's sizes: parameters to the one, work an image to the last digit that is published.
func TestPlanOfThePresets(t *testing.T) {
	for _, c := range []struct {
		preset     string
		parameters int
		gflops     float64
	}{{"vits16", 44_017_792, 114}, {"vitti16", 0, 31}, {"vitb16", 0, 436}, {"vits8", 0, 518}} {
		s, err := settings.FromPreset(c.preset)
		if err != nil {
			t.Fatal(err)
		}
		s.Config.LocalCropsNumber, s.Config.BatchSize = 8, 2
		if got := FlopsPerImage(s.Config) / 1e9; math.Abs(got-c.gflops) > 0.006*c.gflops+0.5 {
			t.Errorf("%s takes %.1f GFLOP a picture, want %g", c.preset, got, c.gflops)
		}
		tr, err := Record(s.Config, gpu.GPUTarget, 1, Options{})
		if err != nil {
			t.Fatal(err)
		}
		p, err := tr.Plan()
		if err != nil {
			t.Fatal(err)
		}
		if c.parameters != 0 && p.Parameters != c.parameters {
			t.Errorf("%s has %d parameters, want %d", c.preset, p.Parameters, c.parameters)
		}
		b := p.Bytes
		if sum := b.Weights + b.Gradients + b.Moments + b.Teacher + b.Activations + b.Logits + b.Staging; sum != b.Total || b.Staging < 0 {
			t.Errorf("%s: the parts %+v add up to %d", c.preset, b, sum)
		}
		if p.LargestBinding > 128<<20 || p.DispatchesPerStep < 100 {
			t.Errorf("%s: %+v", c.preset, p)
		}
	}
}
