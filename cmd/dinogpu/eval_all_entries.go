package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/eval"
	"github.com/dinogpu/dinogpu/eval/results"
)

// An evalEntry is an evaluation as eval all runs it.
type evalEntry struct {
	name   string // as Record.Evaluation, and the command's
	wants  string // the layout of its data
	source string // where the paper's data comes from
	// has tells whether a folder is laid out for it: nil, or an error that wraps eval.ErrOtherLayout. Any other error is one
	// of a folder that is, and is said when it is its turn.
	has func(dir string) error
	// command is the evaluation of a folder with its flags' defaults. Where a setting is another, note says it.
	command func(flags evalFlags, dir string, l classLayout) (x evaluator, note string)
	// facts are what a folder holds for it, as data check tells it.
	facts func(c *dataCheck, dir string, l classLayout) (dataFacts, error)
}

// evalEntries are in the order in which they run.
var evalEntries = []evalEntry{
	{
		name: results.KNN, wants: wantsClasses, source: sourceClasses,
		facts: classFacts,
		command: func(flags evalFlags, dir string, _ classLayout) (evaluator, string) {
			c := withDefaults[knnCmd]()
			c.evalFlags, c.Data = flags, dir
			return c, ""
		},
	},
	{
		name: results.Linear, wants: wantsClasses, source: sourceClasses,
		facts: classFacts,
		command: func(flags evalFlags, dir string, l classLayout) (evaluator, string) {
			c := withDefaults[linearCmd]()
			c.evalFlags, c.Data, c.Cached, c.LR, c.ValFreq = flags, dir, true, linearRates, linearTests
			note := fmt.Sprintf("linear with --cached, the best of rates %s, tested every %d epochs: features are taken once, without random crops; the paper's way takes longer: eval linear by itself", strings.Trim(strings.Join(strings.Fields(fmt.Sprint(linearRates)), ", "), "[]"), linearTests)
			if l == oneOfThese {
				c.ValFraction = linearFraction
				note += fmt.Sprintf("; with --val-fraction %g, as there is no val/", linearFraction)
			}
			return c, note
		},
	},
	{
		name: results.Retrieval, wants: "images in jpg/ or images/ with a ground truth gnd*.pkl or gnd*.json beside them",
		source: "ROxford and RParis: cmp.felk.cvut.cz/revisitop",
		has:    func(dir string) error { _, err := eval.OpenRetrieval(dir, ""); return err },
		facts:  retrievalFacts,
		command: func(flags evalFlags, dir string, _ classLayout) (evaluator, string) {
			c := withDefaults[retrievalCmd]()
			c.evalFlags, c.Data = flags, dir
			return c, ""
		},
	},
	{
		name: results.CopyDetection, wants: "originals in original/ and their copies in folders beside it",
		source: "Copydays: thoth.inrialpes.fr/~jegou/data.php",
		has:    func(dir string) error { _, err := eval.OpenCopies(dir, "", ""); return err },
		facts:  copyFacts,
		command: func(flags evalFlags, dir string, _ classLayout) (evaluator, string) {
			c := withDefaults[copyDetectionCmd]()
			c.evalFlags, c.Data = flags, dir
			return c, ""
		},
	},
	{
		name: results.Video, wants: "frames in JPEGImages/480p/SEQUENCE/ and masks in Annotations/480p/SEQUENCE/",
		source: "DAVIS 2017: davischallenge.org/davis2017/code.html",
		has: func(dir string) error {
			if !framesInFolders(dir) {
				return eval.ErrOtherLayout
			}
			_, err := eval.OpenVideos(dir)
			return err
		},
		facts: videoFacts,
		command: func(flags evalFlags, dir string, _ classLayout) (evaluator, string) {
			c := withDefaults[videoCmd]()
			c.evalFlags, c.Data = flags, dir
			return c, ""
		},
	},
	{
		name: results.Jaccard, wants: "JPEGImages/ with SegmentationObject/, or images/ with masks/ of the same names",
		source: "PASCAL VOC 2012: host.robots.ox.ac.uk/pascal/VOC/voc2012",
		has: func(dir string) error {
			if framesInFolders(dir) {
				return eval.ErrOtherLayout
			}
			_, err := eval.OpenObjects(dir)
			return err
		},
		facts: objectFacts,
		command: func(flags evalFlags, dir string, _ classLayout) (evaluator, string) {
			c := withDefaults[jaccardCmd]()
			c.evalFlags, c.Data = flags, dir
			return c, ""
		},
	},
}

// withDefaults is a command as it is without any flag.
func withDefaults[T any]() *T {
	c := new(T)
	if err := kong.ApplyDefaults(c); err != nil {
		panic(err) // a mistake in the struct's tags
	}
	return c
}

// What linear takes instead of its defaults: rates for few images and many, which share the features; fewer tests to take the
// best of; and where nothing else is there to test on, a part of each class.
var linearRates = []float64{0.001, 0.01, 0.1, 1}

const (
	linearTests    = 10
	linearFraction = 0.2
)

const (
	wantsClasses  = "train/ and val/ with a sub-folder for each class, or one folder of classes"
	sourceClasses = "ImageNet: image-net.org; any photos sorted into folders"
)

// A classLayout is how labeled images lie in a folder.
type classLayout int

const (
	noClasses  classLayout = iota
	trainVal               // train/ and val/ of classes
	oneOfThese             // a sub-folder for each class
)

// hasTrainVal tells whether a folder has both parts, with classes.
func hasTrainVal(dir string) bool {
	return folders(filepath.Join(dir, "train")) > 0 && folders(filepath.Join(dir, "val")) > 0
}

// hasClasses tells whether a folder has two sub-folders or more with images in them.
func hasClasses(dir string) bool {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	n := 0
	for _, e := range entries {
		if path := filepath.Join(dir, e.Name()); !strings.HasPrefix(e.Name(), ".") && isDir(path) && holdsFiles(path) {
			n++
		}
	}
	if n < 2 {
		return false
	}
	source, err := augment.OpenFolder(dir)
	return err == nil && len(source.Classes()) >= 2
}

func holdsFiles(dir string) bool {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	for _, e := range entries {
		if e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") {
			return true
		}
	}
	return false
}

// framesInFolders tells DAVIS from VOC: both have JPEGImages, and the former has folders in it.
func framesInFolders(dir string) bool { return folders(filepath.Join(dir, "JPEGImages")) > 0 }

// ofClasses tells whether the entry evaluates labeled images.
func (e evalEntry) ofClasses() bool { return e.has == nil }

// isFor tells whether a folder is laid out for the entry.
func (e evalEntry) isFor(dir string) bool { return !errors.Is(e.has(dir), eval.ErrOtherLayout) }
