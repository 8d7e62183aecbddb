package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/eval"
)

// A dataUse is what a folder, or one in it, is good for; without Folder there is none, for the reason in Why.
type dataUse struct {
	Use    string `json:"use"`
	Folder string `json:"folder,omitempty"`
	Why    string `json:"why,omitempty"`
	dataFacts
}

// A tried layout is one that was looked for in a folder.
type tried struct {
	dir   string
	facts dataFacts
	err   error
}

// uses finds out what the folder and those in it are good for; images of it can be read.
func (c *dataCheck) uses(root string, images int) []dataUse {
	looked := make([][]tried, len(layouts))
	taken := map[string]bool{} // folders that are something
	for i, l := range layouts {
		for _, dir := range withSubfolders(root) {
			facts, err := l.open(c, dir)
			looked[i] = append(looked[i], tried{dir, facts, err})
			taken[dir] = taken[dir] || err == nil
		}
	}
	training := dataUse{Use: "training", Folder: root}
	training.Text, training.Counts = settings.Count(images, "image")+", those of all sub-folders", map[string]int{"images": images}
	if images == 0 {
		training = dataUse{Use: "training", Why: "it wants a folder of images, in sub-folders or not"}
	}
	uses := []dataUse{training}
	for i, l := range layouts {
		found := 0
		for _, t := range looked[i] {
			if t.err == nil {
				found++
				uses = append(uses, dataUse{Use: l.use, Folder: t.dir, dataFacts: t.facts})
			}
		}
		if found == 0 {
			uses = append(uses, dataUse{Use: l.use, Why: l.missing(looked[i], taken)})
		}
	}
	for _, is := range taken {
		if is {
			return uses
		}
	}
	if facts, err := openOneFolder(c, root); err == nil { // the folders are classes, if they are nothing else
		uses[1] = dataUse{Use: layouts[0].use, Folder: root, dataFacts: facts}
	}
	return uses
}

// missing says why no folder has the layout: what is wrong with the first that has a part of it, or what it wants.
func (l layout) missing(looked []tried, taken map[string]bool) string {
	for _, t := range looked {
		if !errors.Is(t.err, eval.ErrOtherLayout) && !taken[t.dir] {
			return asFlags(t.err.Error())
		}
	}
	return "it wants " + l.wants
}

// Folders with more in them than this hold classes or sequences, and are not looked into.
const mostSubfolders = 100

// withSubfolders is a folder with those in it, two levels down.
func withSubfolders(root string) []string {
	all, level := []string{root}, []string{root}
	for range 2 {
		var below []string
		for _, dir := range level {
			entries, err := os.ReadDir(dir)
			if err != nil {
				continue // what cannot be read is in the remarks of what was listed
			}
			var in []string
			for _, e := range entries {
				if path := filepath.Join(dir, e.Name()); !strings.HasPrefix(e.Name(), ".") && isFolder(path) {
					in = append(in, path)
				}
			}
			if len(in) <= mostSubfolders {
				below = append(below, in...)
			}
		}
		all, level = append(all, below...), below
	}
	return all
}

// perClass tells how many images of each class can be read: a line for each where there are few and they differ.
func (f dataFacts) perClass() (lines []string) {
	if len(f.Classes) == 0 {
		return nil
	}
	least, most := f.Classes[0], f.Classes[0]
	for _, class := range f.Classes {
		least.Train, most.Train = min(least.Train, class.Train), max(most.Train, class.Train)
		least.Val, most.Val = min(least.Val, class.Val), max(most.Val, class.Val)
	}
	text := "images per class: " + between(least.Train, most.Train)
	if most.Val > 0 {
		text += " in train, " + between(least.Val, most.Val) + " in val"
	}
	lines = []string{text}
	if least.Train == most.Train && least.Val == most.Val || len(f.Classes) > mostNamed {
		return lines
	}
	for _, class := range f.Classes {
		line := fmt.Sprintf("  %s: %d", class.Name, class.Train)
		if most.Val > 0 {
			line += fmt.Sprintf(" and %d", class.Val)
		}
		lines = append(lines, line)
	}
	return lines
}

func between(least, most int) string {
	if least == most {
		return fmt.Sprint(least)
	}
	return fmt.Sprintf("%d to %d", least, most)
}
