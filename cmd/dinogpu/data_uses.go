package main

import (
	"fmt"
	"path/filepath"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// A dataUse is what a folder, or one in it, is good for. With Why it is not: it has a part of what is wanted, or, without
// Folder, nothing has.
type dataUse struct {
	Use    string `json:"use"`
	Folder string `json:"folder,omitempty"`
	Why    string `json:"why,omitempty"`
	dataFacts
}

// uses finds out what the folder and those in it are good for, as eval all does; images of it can be read.
func (c *dataCheck) uses(root string, images int) ([]dataUse, error) {
	found, err := findData(c.ctx, filepath.Clean(root))
	if err != nil {
		return nil, err
	}
	training := dataUse{Use: "training", Folder: root}
	training.Text, training.Counts = settings.Count(images, "image")+", those of all sub-folders", map[string]int{"images": images}
	if images == 0 {
		training = dataUse{Use: "training", Why: "it wants a folder of images, in sub-folders or not"}
	}
	uses := []dataUse{training}
	for i, entry := range evalEntries {
		none := true
		for _, f := range found {
			if f.entry != i {
				continue
			}
			none = false
			use := dataUse{Use: entry.name, Folder: f.dir}
			if use.dataFacts, err = entry.facts(c, f.dir, f.layout); err != nil {
				use.Why = asFlags(err.Error())
			}
			uses = append(uses, use)
		}
		if none {
			uses = append(uses, dataUse{Use: entry.name, Why: "it wants " + entry.wants})
		}
	}
	return uses, nil
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
