package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/eval"
	"github.com/dinogpu/dinogpu/gpu"
)

type neighboursCmd struct {
	Images []string `arg:"" optional:"" help:"Images whose neighbors are looked for: image files, or folders, text files of paths and idx files of them."`
	weightsFlags
	Data settings.Paths `aliases:"data-path" placeholder:"PATH" help:"The set that is searched: a folder of images, a text file of paths, or an idx file. Repeat it for several that are one set."`
	Top  int            `default:"10" help:"How many neighbors of each image are named, or how many outliers."`
	Save string         `placeholder:"F.png" help:"Draw what is found as a sheet of images. A file that is there is not written over."`

	Duplicates bool    `help:"Name groups of near-duplicates in --data instead: images that hang together by pairs with a cosine of --threshold or more, each group with the least cosine of any two in it, which is low where a group is a chain. Files with the same bytes are marked."`
	Threshold  float64 `default:"0.95" help:"The least cosine of a pair of near-duplicates."`
	Outliers   bool    `help:"Name the images of --data that are least like any other instead: by the mean cosine to their 10 nearest, the least first."`
	featureFlags
	adapterFlags
	JSON bool `name:"json" help:"As JSON."`
}

// Help is what --help says before the flags.
func (neighboursCmd) Help() string {
	return "Finds the images of a set that are nearest to each given image: by the cosine of their class tokens, the images seen as in the reference's evaluations unless --whole is given. An image that is itself a file of the set is left out of its own list. " +
		"Features of the set's files are kept in dinogpu/features of the user's cache folder (" + cacheFolder() + "), so that a second search embeds only files that changed: 4 bytes a value and 32 an image, 1.5 KiB an image for ViT-S; above 4 GiB in all, the set that was used longest ago goes. The folder can be removed at any time."
}

// outlierNeighbors are the nearest whose mean cosine tells outliers.
const outlierNeighbors = 10

// mostTop leaves room in the search for files of the set that an image itself is.
const mostTop = 1000

// Run checks what was asked for, makes features or takes them from the cache, compares and says what was found.
func (c *neighboursCmd) Run(a *app) error {
	if err := c.check(); err != nil {
		return err
	}
	model, err := c.open(a)
	if err != nil {
		return err
	}
	if err := c.fit(model, c.CheckpointKey); err != nil {
		return err
	}
	source, err := openImages(a, augment.Open, c.Data.List())
	if err != nil {
		return err
	}
	var queries augment.Source
	if len(c.Images) > 0 {
		if queries, err = openImages(a, augment.OpenImages, c.Images); err != nil {
			return err
		}
	}
	device, arena, done, err := c.upload(a, model, c.Adapter)
	if err != nil {
		return err
	}
	defer done()
	m := &featureMaker{app: a, device: device, weights: arena, embedding: c.embedding(model, nil)}
	kept := newFeatureKeeper(a, c, model, source)
	set, err := m.set(source, strings.Join(c.Data.List(), ", "), kept)
	if err != nil {
		return err
	}
	s := search{app: a, device: device, set: set, report: newNeighboursReport(c, model, set, kept)}
	switch {
	case c.Duplicates:
		err = s.duplicates(c.Threshold)
	case c.Outliers:
		err = s.outliers(c.Top)
	default:
		err = s.queries(m, queries, strings.Join(c.Images, ", "), c.Top)
	}
	a.console.Status("")
	if a.ctx.Err() != nil {
		return fmt.Errorf("%w: nothing was found yet; %s", errInterrupted, kept.words(len(set.rows)))
	}
	if err != nil {
		return err
	}
	saveErr := s.save(c.Save)
	return errors.Join(s.report.say(a, c.JSON), saveErr)
}

// check finds what is wrong with the flags, before anything is opened.
func (c *neighboursCmd) check() error {
	alone := c.Duplicates || c.Outliers
	switch {
	case c.Weights == "":
		return usageError{errNoWeights}
	case c.Data == "":
		return usageError{errors.New("name the set that is searched: --data with a folder of images, a text file of paths, or an idx file")}
	case c.Duplicates && c.Outliers:
		return usageError{errors.New("--duplicates and --outliers are two searches: give one of them")}
	case alone && len(c.Images) > 0:
		return usageError{errors.New("--duplicates and --outliers look at the images of --data alone: name no others")}
	case !alone && len(c.Images) == 0:
		return usageError{errors.New("name the images whose neighbors are looked for, or give --duplicates or --outliers")}
	case c.Top < 1 || c.Top > mostTop:
		return usageError{fmt.Errorf("--top %d is no number from 1 to %d", c.Top, mostTop)}
	case !(c.Threshold > 0 && c.Threshold <= 1):
		return usageError{fmt.Errorf("--threshold %g is no cosine above 0, up to 1", c.Threshold)}
	case c.Save != "" && !strings.EqualFold(filepath.Ext(c.Save), ".png"):
		return usageError{fmt.Errorf("--save %s: the sheet is a PNG, so its name ends in .png", c.Save)}
	}
	if c.Save != "" {
		if err := disk.Absent(c.Save); err != nil {
			return fmt.Errorf("%w: name another file", err)
		}
	}
	return c.featureFlags.check()
}

// A search compares images of a set, and reports and draws what it finds.
type search struct {
	*app
	device *gpu.Device
	set    *featureSet
	report neighboursReport
	sheet  sheet
}

// gallery is the set's features, which are scaled where they lie.
func (s *search) gallery() (*eval.Gallery, error) {
	return eval.NewGallery(s.set.values, s.set.dim)
}
