package main

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/eval"
	"github.com/dinogpu/dinogpu/eval/featurefile"
)

type embedCmd struct {
	Images []string `arg:"" optional:"" help:"Folders of images, text files of paths, idx files and image files, in the order of the rows."`
	weightsFlags
	Out string `placeholder:"FILE" help:"Where features go: FILE.npy, FILE.safetensors or FILE.csv. A file that is there is not written over."`
	featureFlags
	Patches bool `help:"Patch tokens too, of the same blocks (not in .csv)."`
	adapterFlags
	JSON bool `name:"json" help:"Say as JSON what was done and where the time went."`
}

// Help is what --help says before the flags.
func (embedCmd) Help() string {
	return "Writes a row of features for each image: the backbone's class token after its final norm, float32, not scaled to unit length. Images are seen as in the reference's evaluations (short side to 256 for 224, bicubic, central square) unless --whole is given. Beside .npy and .safetensors lies FILE.names.csv with row, name, class and error; --patches adds FILE.patches.npy, or tensors in .safetensors. An image that cannot be read keeps its row, of NaN."
}

// Run checks what was asked for, embeds and says how fast.
func (c *embedCmd) Run(a *app) error {
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
	source, err := openImages(a, augment.OpenImages, c.Images)
	if err != nil {
		return err
	}
	device, arena, done, err := c.upload(a, model, c.Adapter)
	if err != nil {
		return err
	}
	defer done()
	e := c.embedding(model, source)
	e.Patches = c.Patches
	out, err := c.create(a, e, model)
	if err != nil {
		return err
	}
	defer out.Drop()
	begun := a.now()
	rows := newEmbedRows(a.console, source, out)
	times, err := e.Run(a.ctx, device, arena, rows.take)
	a.console.Status("")
	var files []string
	if err == nil {
		files, err = out.Keep()
	}
	if a.ctx.Err() != nil && len(files) == 0 {
		return fmt.Errorf("%w: nothing was kept of %s", errInterrupted, c.Out)
	}
	if err != nil {
		return err
	}
	return newEmbedReport(c, model, e, files, times, a.now().Sub(begun)).say(a, c.JSON)
}

// check finds what is wrong with the flags and with the place of the files, before anything is opened.
func (c *embedCmd) check() error {
	switch {
	case len(c.Images) == 0:
		return usageError{errors.New("name images: folders, text files of paths, idx files or image files")}
	case c.Weights == "":
		return usageError{errNoWeights}
	case c.Out == "":
		return usageError{errors.New("name the file that features go to: --out FILE.npy, FILE.safetensors or FILE.csv")}
	}
	if err := c.featureFlags.check(); err != nil {
		return err
	}
	t := featurefile.Table{Rows: 1, Dim: 1, Patches: c.Patches, Grid: [2]int{1, 1}}
	if c.Whole {
		t.Grid = [2]int{}
	}
	return asUsage(t.Check(c.Out))
}

// asUsage tells a format that cannot hold what is asked for from trouble with files.
func asUsage(err error) error {
	if errors.As(err, new(*featurefile.UnfitError)) {
		return usageError{err}
	}
	return err
}

// create begins the files; what killed processes left of them is named.
func (c *embedCmd) create(a *app, e eval.Embedding, model *weights.Model) (*featurefile.Writer, error) {
	t := featurefile.Table{
		Rows: e.Source.Len(), Dim: e.Dim(), Patches: c.Patches, Grid: e.Grid(),
		Notes: map[string]string{"weights": model.File, "network": c.CheckpointKey, "image_size": strconv.Itoa(c.ImageSize), "view": c.view(), "blocks": strconv.Itoa(c.Blocks)},
	}
	paths, err := t.Paths(c.Out)
	if err != nil {
		return nil, asUsage(err)
	}
	for _, path := range paths {
		left, err := disk.Unfinished(path)
		if err != nil {
			return nil, err
		}
		for _, old := range left {
			a.console.Print("%s is what a run that was killed left, unless one goes on there: it can be removed", old)
		}
	}
	w, err := featurefile.Create(c.Out, t)
	return w, asUsage(err)
}
