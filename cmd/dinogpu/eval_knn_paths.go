package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dinogpu/dinogpu/eval"
	"github.com/dinogpu/dinogpu/layers"
)

// paths finds the images by the flags, and what is wrong with those.
func (c *knnCmd) paths() (labeledPaths, error) {
	p := labeledPaths{Train: c.Train, Test: c.Test, Limit: c.Limit}
	switch {
	case c.Data != "" && (c.Train != "" || c.Test != ""):
		return p, errors.New("--data and --train with --test are two ways to name the images: give one of them")
	case c.Data == "" && (c.Train == "" || c.Test == ""):
		return p, errors.New("name labeled images: --data DIR, a folder with train/ and val/ or with a sub-folder per class, or --train PATH and --test PATH")
	case len(c.NbKNN) == 0 || slices.Min(c.NbKNN) < 1 || slices.Max(c.NbKNN) > layers.MaxTopK:
		return p, fmt.Errorf("--nb-knn takes numbers of neighbors from 1 to %d, like 10,20", layers.MaxTopK)
	case !(c.Temperature > 0):
		return p, fmt.Errorf("--temperature %g must be above 0: similarities are divided by it (0.07 is usual)", c.Temperature)
	case c.ImageSize < 0 || c.ImageSize > 8192:
		return p, fmt.Errorf("--image-size %d is no number of pixels from 1 to 8192", c.ImageSize)
	case c.Limit < 0:
		return p, fmt.Errorf("--limit %d is below 0", c.Limit)
	case !(c.ValFraction >= 0 && c.ValFraction < 1):
		return p, fmt.Errorf("--val-fraction %g is no share from 0 to below 1", c.ValFraction)
	case c.Shots < 0:
		return p, fmt.Errorf("--shots %d is below 0", c.Shots)
	case !(c.Fraction >= 0 && c.Fraction <= 1):
		return p, fmt.Errorf("--fraction %g is no share from 0 to 1: 0.01 is 1 %%", c.Fraction)
	case c.Shots > 0 && c.Fraction > 0:
		return p, errors.New("--shots and --fraction are two ways to say how many images vote: give one of them")
	case c.lowShot() && c.Repeats < 1:
		return p, fmt.Errorf("--repeats %d: draw once or more", c.Repeats)
	case c.lowShot() && c.CSV != "":
		return p, errors.New("--csv: with --shots or --fraction each image is asked several times, and has no one answer; leave --csv out")
	}
	if c.Data == "" {
		return p, c.nothingToSplit("--train and --test")
	}
	train, val := filepath.Join(c.Data, "train"), filepath.Join(c.Data, "val")
	switch hasTrain, hasVal := isDir(train), isDir(val); {
	case hasTrain && hasVal:
		p.Train, p.Test = train, val
		return p, c.nothingToSplit(c.Data + " with train/ and val/")
	case (hasTrain || hasVal) && folders(c.Data) == 1:
		missing := train
		if hasTrain {
			missing = val
		}
		return p, fmt.Errorf("--data is to be a folder with train/ and val/, or one with a sub-folder per class, and there is no %s: name the two with --train and --test", missing)
	}
	p.Train, p.Test, p.LeaveOneOut, p.Split = c.Data, c.Data, true, c.ValFraction > 0
	if k := slices.Max(c.NbKNN); k > eval.MaxLeaveOneOut && !p.Split {
		return p, fmt.Errorf("--nb-knn %d: where each image is asked of all the others, at most %d neighbors can vote", k, eval.MaxLeaveOneOut)
	}
	return p, nil
}

// nothingToSplit refuses --val-fraction where images to classify are there.
func (c *knnCmd) nothingToSplit(given string) error {
	if c.ValFraction > 0 {
		return fmt.Errorf("--val-fraction splits one folder of classes, and %s has images to classify already: leave it out", given)
	}
	return nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// folders is the number of sub-folders that can be classes.
func folders(dir string) int {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0 // what opens the images says it
	}
	n := 0
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && isDir(filepath.Join(dir, e.Name())) {
			n++
		}
	}
	return n
}
