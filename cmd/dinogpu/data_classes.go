package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/eval"
)

// A dataClass is how many images of a class can be read.
type dataClass struct {
	Name  string `json:"name"`
	Train int    `json:"train"`
	Val   int    `json:"val"`
}

// No pixels are looked at here, so that any size will do.
const anySize = 224

// classFacts are of train/ and val/, or of one folder of classes.
func classFacts(c *dataCheck, dir string, l classLayout) (dataFacts, error) {
	if l == oneOfThese {
		return c.undivided(dir)
	}
	return c.divided(dir)
}

// divided tells of the classes in train/ and val/.
func (c *dataCheck) divided(dir string) (f dataFacts, err error) {
	train, val := filepath.Join(dir, "train"), filepath.Join(dir, "val")
	q, m, err := eval.OpenQuestion(train, val, 0, anySize)
	if err != nil {
		return f, err
	}
	f.Counts = map[string]int{"classes": len(q.Classes), "train_images": len(q.Bank.Which), "val_images": len(q.Queries.Which)}
	f.Text = fmt.Sprintf("%d classes, %s in train, %d in val", len(q.Classes), settings.Count(len(q.Bank.Which), "image"), len(q.Queries.Which))
	f.Classes = make([]dataClass, len(q.Classes))
	for i, name := range q.Classes {
		f.Classes[i].Name = name
	}
	c.readable(q.Bank, func(label int) { f.Classes[label].Train++ })
	c.readable(q.Queries, func(label int) { f.Classes[label].Val++ })
	for i, path := range []string{train, val} {
		if n := m.NoLabel[i]; n > 0 {
			f.Notes = append(f.Notes, fmt.Sprintf("%s in %s without a class, which take no part", settings.Count(n, "image"), path))
		}
	}
	if len(m.Unknown) > 0 {
		f.Notes = append(f.Notes, fmt.Sprintf("val has %s of classes that train lacks, counted as wrong: %s", settings.Count(m.UnknownImages, "image"), named(m.Unknown)))
	}
	f.Notes = append(f.Notes, emptyClasses(train, f.Classes)...)
	return f, nil
}

// undivided tells of classes without train/ and val/.
func (c *dataCheck) undivided(dir string) (f dataFacts, err error) {
	q, m, err := eval.OpenLeaveOneOut(dir, 0, anySize)
	if err != nil {
		return f, err
	}
	f.Counts = map[string]int{"classes": len(q.Classes), "train_images": len(q.Bank.Which)}
	f.Text = fmt.Sprintf("%d classes, %s, not divided into train and val", len(q.Classes), settings.Count(len(q.Bank.Which), "image"))
	f.Classes = make([]dataClass, len(q.Classes))
	for i, name := range q.Classes {
		f.Classes[i].Name = name
	}
	c.readable(q.Bank, func(label int) { f.Classes[label].Train++ })
	if n := m.NoLabel[0]; n > 0 {
		f.Notes = append(f.Notes, fmt.Sprintf("%s in %s without a class, which take no part", settings.Count(n, "image"), dir))
	}
	f.Notes = append(f.Notes, emptyClasses(dir, f.Classes)...)
	return f, nil
}

// readable calls count with the class of each image that can be read.
func (c *dataCheck) readable(images eval.Images, count func(label int)) {
	for n, label := range images.Labels {
		if label != eval.NoClass && !c.bad[augment.Path(images.Source, images.Which[n])] {
			count(label)
		}
	}
}

// emptyClasses names classes without an image, or without one that can be read.
func emptyClasses(train string, classes []dataClass) (notes []string) {
	known := map[string]bool{}
	var noTrain, noVal, empty []string
	divided := false
	for _, class := range classes {
		divided = divided || class.Val > 0
	}
	for _, class := range classes {
		known[class.Name] = true
		if class.Train == 0 {
			noTrain = append(noTrain, class.Name)
		}
		if class.Val == 0 && divided {
			noVal = append(noVal, class.Name)
		}
	}
	entries, _ := os.ReadDir(train) // it could be listed a moment ago
	for _, e := range entries {
		if !known[e.Name()] && !strings.HasPrefix(e.Name(), ".") && isDir(filepath.Join(train, e.Name())) {
			empty = append(empty, e.Name())
		}
	}
	for _, n := range []struct {
		text  string
		names []string
	}{
		{"%s of %s without any image, which are no classes: %s", empty},
		{"%s of %s of which no image can be read: %s", noTrain},
		{"%s of %s of which val has no image that can be read: %s", noVal},
	} {
		if len(n.names) > 0 {
			notes = append(notes, fmt.Sprintf(n.text, settings.Count(len(n.names), "folder"), train, named(n.names)))
		}
	}
	return notes
}

// named lists the first few names.
func named(names []string) string {
	if n := len(names) - mostNamed; n > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:mostNamed], ", "), n)
	}
	return strings.Join(names, ", ")
}
