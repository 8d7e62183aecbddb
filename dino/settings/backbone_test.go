package settings

import (
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/layers"
)

// The weights' backbone stands between the recipe auto or none and what somebody wrote down.
func TestBackboneOfTheWeights(t *testing.T) {
	small8 := layers.ViTConfig{ImageSize: 224, Patch: 8, Dim: 384, Depth: 12, Heads: 6}
	odd := layers.ViTConfig{ImageSize: 28, Patch: 7, Dim: 96, Depth: 2, Heads: 3}
	for name, c := range map[string]struct {
		src  Sources
		v    layers.ViTConfig
		want string // of the refusal; empty: the backbones fit
	}{
		"no preset":          {Sources{}, small8, ""},
		"auto":               {Sources{Preset: "auto"}, small8, ""},
		"no name":            {Sources{}, odd, ""},
		"auto, no name":      {Sources{Preset: "auto"}, odd, ""},
		"flag that fits":     {Sources{Flags: map[string]string{"patch_size": "8"}}, small8, ""},
		"flag":               {Sources{Flags: map[string]string{"patch_size": "16"}}, small8, "set `arch` vit_small `patch_size` 8, or"},
		"flag's arch":        {Sources{Flags: map[string]string{"arch": "vit_tiny"}}, odd, "set `dim` 96 `depth` 2 `heads` 3 `patch_size` 7, or"},
		"environment, auto":  {Sources{Preset: "auto", Env: env("DINOGPU_DEPTH", "3")}, odd, "width 96, 3 blocks, 3 heads and patches of 7 pixels"},
		"file":               {Sources{ConfigFile: writeTemp(t, "heads: 12\n")}, small8, "W holds a backbone of width 384, 12 blocks, 6 heads and patches of 8 pixels, and the run's has width 384, 12 blocks, 12 heads"},
		"preset with a name": {Sources{Preset: "vitb16"}, small8, "width 768"},
		"preset that fits":   {Sources{Preset: "vits8"}, small8, ""},
	} {
		c.src.Backbone = func(s Settings) (layers.ViTConfig, bool) {
			if s.Config.InitFrom != "W" {
				t.Errorf("%s: asked about %q", name, s.Config.InitFrom)
			}
			return c.v, true
		}
		if c.src.Flags == nil {
			c.src.Flags = map[string]string{}
		}
		c.src.Flags["init_from"] = "W"
		s, err := c.src.Merge()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		err = s.Config.CheckBackboneOf("W", c.v)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Weights that cannot be read choose nothing, and without init_from nobody asks.
	nobody := func(Settings) (layers.ViTConfig, bool) { return odd, false }
	s, err := Sources{Flags: map[string]string{"init_from": "W"}, Backbone: nobody}.Merge()
	if err != nil || s.Config.Size().Dim != 384 {
		t.Errorf("unreadable: %+v, %v", s.Config.Size(), err)
	}
	if _, err := (Sources{Backbone: func(Settings) (layers.ViTConfig, bool) { t.Error("asked"); return odd, true }}).Merge(); err != nil {
		t.Error(err)
	}
}

func TestPartialNeedsInitFrom(t *testing.T) {
	s := Default()
	s.Config.Partial = true
	if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "`init_from`") {
		t.Error(err)
	}
	s.Config.InitFrom = "W"
	if err := s.Validate(); err != nil {
		t.Error(err)
	}
}

func TestHeadWarmupLeavesTheBackboneSomething(t *testing.T) {
	s := Default()
	s.Config.Epochs, s.Config.WarmupEpochs, s.Config.HeadWarmupEpochs = 3, 0, 3
	if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "`head_warmup_epochs` 3 leaves the backbone none of the run's `epochs` 3") {
		t.Error(err)
	}
	s.Config.HeadWarmupEpochs = 2
	if err := s.Validate(); err != nil {
		t.Error(err)
	}
}
