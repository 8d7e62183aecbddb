package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/eval"
)

// A layout is how a folder serves a use.
type layout struct {
	use   string // the commands of eval that take it
	wants string // what a folder has to hold
	// open says what it found. Its error wraps eval.ErrOtherLayout where the folder is none of this kind at all.
	open func(c *dataCheck, dir string) (dataFacts, error)
}

// dataFacts are what a folder holds for a use.
type dataFacts struct {
	Text    string         `json:"text,omitempty"`
	Counts  map[string]int `json:"counts,omitempty"`
	Classes []dataClass    `json:"classes,omitempty"`
	Notes   []string       `json:"notes,omitempty"` // what is missing or odd, a sentence each
}

// layouts are all uses that data check knows.
var layouts = []layout{
	{"knn, linear", "train/ and val/, each with a sub-folder of images for each class", openClasses},
	{"retrieval", "images/ (or jpg/) and a ground truth, gnd.json or gnd_*.pkl", openRetrieval},
	{"copydetection", "original/ and folders of copies beside it, such as strong/ and jpegqual/3/", openCopies},
	{"jaccard", "JPEGImages/ and SegmentationObject/ as VOC 2012 has them, or images/ and masks/", openObjects},
}

func openRetrieval(_ *dataCheck, dir string) (f dataFacts, err error) {
	r, err := eval.OpenRetrieval(dir, "")
	if err != nil {
		return f, err
	}
	f.Counts = map[string]int{"queries": r.Queries.Len(), "images": r.Database.Len()}
	for _, of := range r.Relevant {
		for name, list := range map[string][]int{"easy": of.Easy, "hard": of.Hard, "junk": of.Junk} {
			f.Counts["queries_with_"+name] += min(1, len(list))
		}
	}
	f.Text = fmt.Sprintf("%d queries among %s; %d have easy ones, %d hard, %d junk", r.Queries.Len(), settings.Count(r.Database.Len(), "image"),
		f.Counts["queries_with_easy"], f.Counts["queries_with_hard"], f.Counts["queries_with_junk"])
	return f, nil
}

func openCopies(_ *dataCheck, dir string) (f dataFacts, err error) {
	c, err := eval.OpenCopies(dir, "", "")
	if err != nil {
		return f, err
	}
	f.Counts = map[string]int{"originals": c.Originals.Len()}
	f.Text = settings.Count(c.Originals.Len(), "original")
	for _, b := range c.Blocks {
		f.Counts[b.Name] = b.Images.Len()
		f.Text += fmt.Sprintf(", %d %s", b.Images.Len(), b.Name)
		if n := len(b.Without); n > 0 {
			f.Notes = append(f.Notes, fmt.Sprintf("%s of %s are copies of nothing there, %s among them", settings.Count(n, "image"), b.Name, b.Without[0]))
		}
	}
	for _, extra := range []struct {
		name string
		augment.Source
		without string
	}{
		{"distractors", c.Distractors, "no folder distractors: copies are looked for among the originals alone"},
		{"whitening", c.Whitening, "no folder whitening: features are compared as they are"},
	} {
		if extra.Source == nil {
			f.Notes = append(f.Notes, extra.without)
			continue
		}
		f.Counts[extra.name] = extra.Len()
		f.Text += fmt.Sprintf(", %d %s", extra.Len(), extra.name)
	}
	return f, nil
}

func openObjects(_ *dataCheck, dir string) (f dataFacts, err error) {
	o, err := eval.OpenObjects(dir)
	if err != nil {
		return f, err
	}
	f.Counts = map[string]int{"images": o.Source.Len()}
	f.Text = fmt.Sprintf("%s with masks in %s", settings.Count(o.Source.Len(), "image"), filepath.Base(o.Folder))
	return f, nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
