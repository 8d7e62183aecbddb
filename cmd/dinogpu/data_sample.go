package main

import (
	"fmt"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/eval/sample"
)

type dataSampleCmd struct {
	Dir  string `arg:"" name:"dir" help:"The new folder, or an empty one."`
	Seed uint64 `default:"0" help:"What is drawn follows from it."`
	JSON bool   `name:"json" help:"As JSON."`
}

// Help is what --help says before the flags.
func (dataSampleCmd) Help() string {
	return strings.TrimSpace(`
Shapes with textures in the layout of each evaluation, with their truth: classes, views of places, copies, videos with masks,
objects with masks; some 700 images, under 3 MB. They are for a first try of a command, and to see whether a trained network
is better than an untrained one. They do not tell how good a network is on photographs. The same seed gives the same pixels on
every machine.`)
}

// What data sample prints.
type dataSampleReport struct {
	Folder string `json:"folder"`
	Seed   uint64 `json:"seed"`
	sample.Written
}

// Run draws, and says what was written.
func (c *dataSampleCmd) Run(a *app) error {
	written, err := sample.Write(a.ctx, c.Dir, c.Seed)
	if a.ctx.Err() != nil && err != nil {
		return fmt.Errorf("%w: nothing was written", errInterrupted)
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(a.stdout, dataSampleReport{c.Dir, c.Seed, written})
	}
	_, err = fmt.Fprintf(a.stdout, "%d images with their truth in %s (%s, seed %d); its README.txt tells what each folder is\n",
		written.Images, c.Dir, disk.Size(uint64(written.Bytes)), c.Seed)
	return err
}
