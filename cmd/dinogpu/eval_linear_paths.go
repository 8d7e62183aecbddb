package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/dinogpu/dinogpu/eval"
)

// paths finds the images by the flags.
func (c *linearCmd) paths() (eval.LinearPaths, error) {
	p := eval.LinearPaths{Train: c.Train, Test: c.Test, Fraction: c.ValFraction, Limit: c.Limit}
	onlyTest := c.Evaluate != ""
	switch {
	case c.Data != "" && (c.Train != "" || c.Test != ""):
		return p, errors.New("--data and --train with --test are two ways to name the images: give one of them")
	case !(c.ValFraction >= 0 && c.ValFraction < 1):
		return p, fmt.Errorf("--val-fraction %g is to be a part of each class, from 0 to 1, like 0.1", c.ValFraction)
	case c.Test != "" && c.ValFraction > 0:
		return p, errors.New("--test names the images to test on, and --val-fraction takes some away from --train: give one of them")
	case c.Limit < 0:
		return p, fmt.Errorf("--limit %d is below 0", c.Limit)
	case c.Data == "" && c.Test == "" && (c.Train == "" || c.ValFraction == 0) && onlyTest:
		return p, errors.New("name labeled images to test on: --data DIR, a folder with val/, or --test PATH")
	case c.Data == "" && (c.Train == "" || c.Test == "" && c.ValFraction == 0) && !onlyTest:
		return p, errors.New("name labeled images: --data DIR, a folder with train/ and val/, or --train PATH with --test PATH or with --val-fraction 0.1")
	case c.Test != "" && filepath.Clean(c.Train) == filepath.Clean(c.Test):
		return p, fmt.Errorf("%s cannot be both --train and --test: the classifier would have seen what it is tested on; take a part for the test with --val-fraction 0.1", c.Train)
	}
	if c.Data == "" {
		return p, nil
	}
	train, val := filepath.Join(c.Data, "train"), filepath.Join(c.Data, "val")
	hasTrain, hasVal := isDir(train), isDir(val)
	switch {
	case hasVal && c.ValFraction > 0:
		return p, fmt.Errorf("%s is there to test on, and --val-fraction takes images to test on from %s: leave --val-fraction out, or name %s with --train", val, train, train)
	case hasTrain && hasVal:
		p.Train, p.Test = train, val
	case hasVal && onlyTest:
		p.Test = val
	case hasVal && folders(c.Data) == 1:
		return p, fmt.Errorf("there is no %s to learn from: name the images with --train and --test", train)
	case hasTrain && folders(c.Data) == 1 && c.ValFraction > 0:
		p.Train = train
	case hasTrain && folders(c.Data) == 1:
		return p, fmt.Errorf("there is no %s to test on: take a part of each class for it with --val-fraction 0.1, or name the images with --train and --test", val)
	case c.ValFraction > 0:
		p.Train = c.Data
	case onlyTest:
		p.Test = c.Data
	default:
		return p, fmt.Errorf("%s holds no train/ and val/: take a part of each of its classes for the test with --val-fraction 0.1, or name the images with --train and --test", c.Data)
	}
	return p, nil
}

// numbers finds what is wrong with the numbers of the flags.
func (c *linearCmd) numbers() error {
	switch {
	case len(c.LR) == 0 || slices.ContainsFunc(c.LR, func(lr float64) bool { return !(lr > 0 && lr < 1e6) }):
		return errors.New("--lr takes rates above 0, like 0.001,0.01")
	case len(c.LR) > 100:
		return fmt.Errorf("--lr takes 100 rates at most, not %d", len(c.LR))
	case c.Epochs < 1:
		return fmt.Errorf("--epochs %d: it must be at least 1", c.Epochs)
	case c.BatchSize < 1 || c.BatchSize > 8192:
		return fmt.Errorf("--batch-size %d is no number of images from 1 to 8192", c.BatchSize)
	case c.ValFreq < 1:
		return fmt.Errorf("--val-freq %d: it must be at least 1", c.ValFreq)
	case c.NLastBlocks < 0:
		return fmt.Errorf("--n-last-blocks %d is below 0", c.NLastBlocks)
	case c.ImageSize < 0 || c.ImageSize > 8192:
		return fmt.Errorf("--image-size %d is no number of pixels from 1 to 8192", c.ImageSize)
	case c.Evaluate != "" && (c.Out != "" || c.Resume):
		return errors.New("--evaluate trains nothing: leave --out and --resume away")
	case c.Resume && c.Out == "":
		return errors.New("--resume goes on with what --out names: name the file with --out, as when it began")
	}
	return nil
}

func (c *linearCmd) trainPath() string { return c.asked.Train }

// testPath is where the images lie that are tested on.
func (c *linearCmd) testPath() string {
	if c.asked.Fraction > 0 {
		return c.asked.Train
	}
	return c.asked.Test
}
