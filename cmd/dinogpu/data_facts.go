package main

import (
	"fmt"
	"path/filepath"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/eval"
)

// dataFacts are what a folder holds for a use.
type dataFacts struct {
	Text    string         `json:"text,omitempty"`
	Counts  map[string]int `json:"counts,omitempty"`
	Classes []dataClass    `json:"classes,omitempty"`
	Notes   []string       `json:"notes,omitempty"` // what is missing or odd, a sentence each
}

func retrievalFacts(_ *dataCheck, dir string, _ classLayout) (f dataFacts, err error) {
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

func copyFacts(_ *dataCheck, dir string, _ classLayout) (f dataFacts, err error) {
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

func objectFacts(_ *dataCheck, dir string, _ classLayout) (f dataFacts, err error) {
	o, err := eval.OpenObjects(dir)
	if err != nil {
		return f, err
	}
	f.Counts = map[string]int{"images": o.Source.Len()}
	f.Text = fmt.Sprintf("%s with masks in %s", settings.Count(o.Source.Len(), "image"), filepath.Base(o.Folder))
	return f, nil
}

func videoFacts(_ *dataCheck, dir string, _ classLayout) (f dataFacts, err error) {
	v, err := eval.OpenVideos(dir)
	if err != nil {
		return f, err
	}
	f.Counts = map[string]int{"sequences": len(v.Sequences)}
	for _, s := range v.Sequences {
		f.Counts["frames"] += len(s.Frames)
		if s.Scored() {
			f.Counts["scored"]++
			continue
		}
		why := "has two frames only, of which none counts"
		if n := s.Lacking(); n > 0 {
			why = "lacks the masks of " + settings.Count(n, "frame")
		}
		f.Notes = append(f.Notes, fmt.Sprintf("%s %s: it is followed and not measured", s.Name, why))
	}
	f.Text = fmt.Sprintf("%s of %s, %d with all masks", settings.Count(len(v.Sequences), "sequence"), settings.Count(f.Counts["frames"], "frame"), f.Counts["scored"])
	return f, nil
}
