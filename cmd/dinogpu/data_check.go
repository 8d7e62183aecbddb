package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/eval"
)

type dataCheckCmd struct {
	Dir  string `arg:"" name:"dir" help:"A folder."`
	JSON bool   `name:"json" help:"As JSON."`
}

// Help is what --help says before the flags.
func (dataCheckCmd) Help() string {
	return strings.TrimSpace(`
Tells which commands a folder, or a sub-folder of it, has the layout for, and what is missing for the others; how many images,
classes, queries and so on there are; and which images cannot be read: each is decoded once. Nothing is changed.`)
}

// A dataCheck is what is known of a folder while it is checked.
type dataCheck struct {
	*app
	bad map[string]bool // paths of images that cannot be read
}

// Run reads, looks and tells.
func (c *dataCheckCmd) Run(a *app) error {
	if info, err := os.Stat(c.Dir); err != nil || !info.IsDir() {
		return usageError{fmt.Errorf("%s is no folder: data check takes a folder of images, or of folders of them", c.Dir)}
	}
	check := &dataCheck{a, map[string]bool{}}
	r := dataCheckReport{Folder: c.Dir, Named: []unreadableImage{}}
	err := check.read(&r)
	if err == nil {
		r.Uses, err = check.uses(c.Dir, r.Images-r.Unreadable)
	}
	if err != nil {
		if a.ctx.Err() != nil {
			return fmt.Errorf("%w: not all images were looked at", errInterrupted)
		}
		return err
	}
	if c.JSON {
		return writeJSON(a.stdout, r)
	}
	return r.print(a.stdout)
}

// read decodes all images of the folder.
func (c *dataCheck) read(r *dataCheckReport) error {
	source, err := augment.OpenFolder(r.Folder)
	if err != nil {
		r.Remarks = []string{err.Error()}
		return nil
	}
	r.Images, r.Remarks = source.Len(), augment.Remarks(source)
	err = eval.FindUnreadable(c.ctx, source, func(i int, err error) {
		c.bad[augment.Path(source, i)] = true
		if r.Unreadable++; r.Unreadable <= mostNamed {
			r.Named = append(r.Named, unreadableImage{source.Name(i), err.Error()})
		}
	}, counting(c.console, "read", source.Len()))
	c.console.Status("")
	return err
}
