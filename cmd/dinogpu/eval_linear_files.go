package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/eval"
)

// fileOf is a network's file: the name as it was given for the first, with the role in it for others.
func (c *linearCmd) fileOf(e *evaluation, role, name string) string {
	if role == e.roles()[0] {
		return name
	}
	ext := filepath.Ext(name)
	return strings.TrimSuffix(name, ext) + "-" + role + ext
}

// lastOf is where a training's state lies, beside the best classifier.
func lastOf(file string) string { return file + ".last" }

// openFiles reads what is evaluated or gone on with, and finds what is in the way.
func (c *linearCmd) openFiles(e *evaluation) error {
	c.files = map[string]*eval.LinearFile{}
	roles := e.roles()
	if e.flags.Untrained {
		roles = append(roles, weights.RoleUntrained)
	}
	for _, role := range roles {
		path := c.fileOf(e, role, c.Evaluate)
		if c.Evaluate == "" {
			if c.Out == "" {
				return nil
			}
			file := c.fileOf(e, role, c.Out)
			path = lastOf(file)
			there := exists(path)
			switch {
			case c.Resume && !there:
				continue // this network's turn had not come
			case !c.Resume && there:
				return usageError{fmt.Errorf("%s holds a training already: go on with it by --resume, or name another file with --out", path)}
			case !there && exists(file):
				return usageError{fmt.Errorf("%s is not written over: name another file with --out", file)}
			case !there:
				continue
			}
		}
		f, err := eval.ReadLinear(path)
		if err != nil {
			return err
		}
		if c.Resume && f.State == nil {
			return usageError{fmt.Errorf("%s holds a classifier and no training to go on with: leave --resume away and name another --out", path)}
		}
		c.files[role] = f
	}
	if c.Resume && len(c.files) == 0 {
		return usageError{fmt.Errorf("%s is not there, so that there is no training to go on with: leave --resume away", lastOf(c.Out))}
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// chooseInput finds which features the classifier looks at: those that the flags ask for, or that a file's classifiers do.
func (c *linearCmd) chooseInput(e *evaluation) error {
	v := e.model.ViT
	in := eval.LinearInput{Blocks: c.NLastBlocks, AvgPool: c.AvgpoolPatchtokens}
	f := c.files[e.roles()[0]]
	if c.Evaluate != "" {
		if f.About != nil {
			a := f.About
			if c.NLastBlocks != 0 && c.NLastBlocks != a.Blocks || c.AvgpoolPatchtokens && !a.AvgPool {
				return fmt.Errorf("the classifiers of %s look at the last %s, avgpool-patchtokens %v: leave --n-last-blocks and --avgpool-patchtokens away", f.Path, settings.Count(a.Blocks, "block"), a.AvgPool)
			}
			in = eval.LinearInput{Blocks: a.Blocks, AvgPool: a.AvgPool}
			if c.ImageSize == 0 {
				c.ImageSize = a.ImageSize
			}
		} else if in.Blocks == 0 {
			in = guessInput(in, len(f.Probes[0].Weight)/len(f.Probes[0].Bias), v.Dim)
			e.console.Print("%s does not say what its classifiers look at; by their size: --n-last-blocks %d, avgpool-patchtokens %v", f.Path, in.Blocks, in.AvgPool)
		}
	}
	switch {
	case in.Blocks == 0 && in.AvgPool:
		in.Blocks = 1
	case in.Blocks == 0:
		in.Blocks = min(4, v.Depth)
		if v.Depth < 4 {
			e.console.Print("the backbone has %s, so that features are of all of them and not of the last 4", settings.Count(v.Depth, "block"))
		}
	}
	if err := in.Check(v); err != nil {
		return err
	}
	c.input = in
	if c.Evaluate == "" {
		return nil
	}
	for _, f := range c.files {
		if dim := len(f.Probes[0].Weight) / len(f.Probes[0].Bias); dim != in.Dim(v) {
			return fmt.Errorf("the classifiers of %s look at %d features, and this backbone gives %d with --n-last-blocks %d, avgpool-patchtokens %v: they belong to other weights or other features", f.Path, dim, in.Dim(v), in.Blocks, in.AvgPool)
		}
	}
	return nil
}

// guessInput is what classifiers of so many features look at: class tokens of dim each, or, twice as many, one class token
// and the mean of the patch tokens, as in the released files of ViT-B.
func guessInput(in eval.LinearInput, features, dim int) eval.LinearInput {
	switch {
	case in.AvgPool || features == 2*dim:
		return eval.LinearInput{Blocks: 1, AvgPool: true}
	case features%dim == 0:
		return eval.LinearInput{Blocks: features / dim}
	}
	return in
}

// about is what a network's file says.
func (c *linearCmd) about(n evalNetwork) eval.LinearAbout {
	return eval.LinearAbout{
		Classes: c.q.Classes, Blocks: c.input.Blocks, AvgPool: c.input.AvgPool, ImageSize: c.ImageSize, Checksum: n.Checksum,
		Epochs: c.Epochs, BatchSize: c.BatchSize, TestEvery: c.ValFreq, LRs: c.LR, Cached: c.Cached, Seed: c.Seed,
		Images: augment.Fingerprint(c.q.Bank.Source), Tests: augment.Fingerprint(c.q.Queries.Source),
	}
}

// fitState refuses to go on with a training that began with other settings or images.
func (c *linearCmd) fitState() error {
	if !c.Resume {
		return nil
	}
	for _, f := range c.files {
		if f.About == nil {
			return fmt.Errorf("%s does not say how its training began", f.Path)
		}
		now := c.about(evalNetwork{Checksum: f.About.Checksum}) // the weights are compared when they are at hand
		was, is := reflect.ValueOf(*f.About), reflect.ValueOf(now)
		for i := range was.NumField() {
			if reflect.DeepEqual(was.Field(i).Interface(), is.Field(i).Interface()) {
				continue
			}
			switch key := was.Type().Field(i).Tag.Get("json"); key {
			case "images", "tests", "classes":
				return usageError{fmt.Errorf("%s began with other images: name those with --data, or begin anew with another --out", f.Path)}
			default:
				return usageError{fmt.Errorf("%s began with %s %v, and now it is %v: give what it began with, or begin anew with another --out",
					f.Path, strings.ReplaceAll(key, "_", "-"), was.Field(i).Interface(), is.Field(i).Interface())}
			}
		}
	}
	return nil
}

// sameBackbone refuses classifiers of another backbone's features.
func sameBackbone(f *eval.LinearFile, n evalNetwork) error {
	if f == nil || f.About == nil || f.About.Checksum == n.Checksum {
		return nil
	}
	return fmt.Errorf("the classifiers of %s were trained on the features of another backbone (checksum %s) than this %s (%s): name the weights that they belong to", f.Path, f.About.Checksum, n.Role, n.Checksum)
}
