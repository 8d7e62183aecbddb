package main

import (
	"fmt"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/eval"
)

// featureFlags say what of an image becomes its features, for every command that makes them.
type featureFlags struct {
	ImageSize int  `default:"0" help:"Pixels per side. 0: the size that the weights were trained at."`
	Whole     bool `help:"Cut nothing off: the short side becomes --image-size, both sides are rounded to whole patches."`
	Blocks    int  `default:"1" aliases:"n-last-blocks" help:"Features are the class tokens of the last N blocks side by side, the oldest first."`
}

// check finds what is wrong whatever the weights are.
func (f *featureFlags) check() error {
	switch {
	case f.ImageSize < 0 || f.ImageSize > settings.MaxSide:
		return usageError{fmt.Errorf("--image-size %d is no number of pixels from 1 to %d", f.ImageSize, settings.MaxSide)}
	case f.Blocks < 1:
		return usageError{fmt.Errorf("--blocks %d is below 1", f.Blocks)}
	}
	return nil
}

// fit holds the flags to the weights, whose image size is taken where none is given.
func (f *featureFlags) fit(model *weights.Model, role string) error {
	if _, err := model.Network(role); err != nil {
		return usageError{err}
	}
	if f.ImageSize == 0 {
		f.ImageSize = model.ViT.ImageSize
	}
	switch {
	case !f.Whole && f.ImageSize < model.ViT.Patch:
		return usageError{fmt.Errorf("--image-size %d is smaller than one patch of %d pixels", f.ImageSize, model.ViT.Patch)}
	case f.Blocks > model.ViT.Depth:
		return usageError{fmt.Errorf("--blocks %d: the backbone of %s has %d", f.Blocks, model.File, model.ViT.Depth)}
	}
	return nil
}

// embedding is that of a source's images, which may be named later.
func (f *featureFlags) embedding(model *weights.Model, source augment.Source) eval.Embedding {
	return eval.Embedding{
		Source: source, ViT: model.ViT, Mean: model.Mean, Std: model.Std,
		Size: f.ImageSize, Whole: f.Whole, Blocks: f.Blocks,
	}
}

// view is how images are seen, in a word.
func (f *featureFlags) view() string {
	if f.Whole {
		return "whole"
	}
	return "center"
}

// openImages opens images, and says what is to be said of them.
func openImages(a *app, open func(paths ...string) (augment.Source, error), paths []string) (augment.Source, error) {
	source, err := open(paths...)
	if err != nil {
		return nil, err
	}
	for _, sentence := range augment.Remarks(source) {
		a.console.Print("%s", sentence)
	}
	return source, nil
}
