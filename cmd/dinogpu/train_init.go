package main

import (
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/layers"
)

// initialWeights are those that --init-from names, read once for whoever asks.
type initialWeights struct {
	model *weights.Model
	err   error
}

func (w *initialWeights) open(c settings.Config, a *app) (*weights.Model, error) {
	if w.model == nil && w.err == nil {
		f := weightsFlags{Weights: c.InitFrom, Partial: c.Partial}
		w.model, w.err = f.open(a)
	}
	return w.model, w.err
}

// backbone tells the settings the size of the backbone that the weights hold. Weights that cannot be read are Run's to
// report.
func (w *initialWeights) backbone(a *app) func(settings.Settings) (layers.ViTConfig, bool) {
	return func(s settings.Settings) (layers.ViTConfig, bool) {
		m, err := w.open(s.Config, a)
		if err != nil {
			return layers.ViTConfig{}, false
		}
		return m.ViT, true
	}
}

// openInitial reads the weights that a new run begins with, nil where they are drawn, and refuses those of another
// backbone. A run that goes on looks at them itself, if it ended before its first checkpoint.
func (t *trainCmd) openInitial(a *app) (*weights.Model, error) {
	c := t.Settings.Config
	if c.InitFrom == "" || t.stored != nil {
		return nil, nil
	}
	path, err := weightsPath(c.InitFrom)
	if err != nil {
		return nil, err
	}
	m, err := t.initial.open(c, a)
	if err != nil {
		return nil, err
	}
	if err := c.CheckBackboneOf(m.File, m.ViT); err != nil {
		return nil, usageError{err}
	}
	t.Settings.Config.InitFrom = path // a run that begins anew reads it by itself, and knows no names of pulled weights
	return m, nil
}
