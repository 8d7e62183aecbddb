package eval

import (
	"fmt"
	"slices"

	"github.com/dinogpu/dinogpu/augment"
)

// LinearPaths say where the images of a linear evaluation lie.
type LinearPaths struct {
	Train, Test string
	// Fraction of each class of Train is tested on, where there is no Test: at least one image, and one less than all.
	Fraction float64
	Seed     uint64 // which images these are follows from it
	Limit    int    // of each path, spread evenly; 0: all
}

// OpenLinear opens the images that a linear classifier learns from, as Bank, and those that it is tested on, as Queries.
// Classes go together by their names. Tests see images as squares of size x size pixels.
func OpenLinear(p LinearPaths, size int) (Question, Matched, error) {
	train, test, remarks, err := p.open()
	if err != nil {
		return Question{}, Matched{}, err
	}
	q, m, err := Match(train, test)
	m.Remarks = remarks
	q.Bank.View, q.Queries.View = EvalView(size), EvalView(size)
	return q, m, err
}

// OpenLinearTest opens what a classifier with these classes is tested on. Where nobody told the classes' names, as in the
// released files, classes is nil and there are as many as count: they go by their place in the order of names.
func OpenLinearTest(p LinearPaths, classes []string, count, size int) (Images, Matched, error) {
	if p.Fraction == 0 {
		p.Train = ""
	}
	_, test, remarks, err := p.open()
	m := Matched{Remarks: remarks}
	if err != nil {
		return Images{}, m, err
	}
	l, err := labeled(test, &m.NoLabel[1])
	if err != nil {
		return Images{}, m, err
	}
	place := map[string]int{}
	for at, name := range classes {
		place[name] = at
	}
	if named := test.Classes(); classes == nil && named != nil && len(named) != count {
		return Images{}, m, fmt.Errorf("the classifier has %d classes without names, and %s has %d: classes then go by their order, so that it has to have all of them, each a sub-folder", count, test.Path, len(named))
	}
	images := l.images(test)
	images.View = EvalView(size)
	unknown := map[string]bool{}
	for n, label := range l.labels {
		at, ok := place[l.names[label]]
		if classes == nil {
			at, ok = label, label < count
		}
		if !ok {
			at = NoClass
			m.UnknownImages++
			unknown[l.names[label]] = true
		}
		images.Labels[n] = at
	}
	for name := range unknown {
		m.Unknown = append(m.Unknown, name)
	}
	slices.Sort(m.Unknown)
	if m.UnknownImages == len(l.labels) {
		return Images{}, m, fmt.Errorf("no class of %s (%s) is one that the classifier was trained on (%s): classes go together by the names of their folders", test.Path, some(m.Unknown), some(classes))
	}
	return images, m, nil
}

// open opens both; without Train only what is tested on.
func (p LinearPaths) open() (train, test Named, remarks []string, err error) {
	one := func(path string) (augment.Source, error) {
		source, err := augment.Open(path)
		if err != nil {
			return nil, err
		}
		remarks = append(remarks, augment.Remarks(source)...)
		return augment.Limit(source, p.Limit), nil
	}
	train, test = Named{Path: p.Train}, Named{Path: p.Test}
	if p.Train != "" {
		if train.Source, err = one(p.Train); err != nil {
			return train, test, remarks, err
		}
	}
	if p.Fraction > 0 {
		test.Path = p.Train
		train.Source, test.Source, err = p.part(train)
		return train, test, remarks, err
	}
	test.Source, err = one(p.Test)
	return train, test, remarks, err
}

// part takes a fraction of each class away from a source. Images without a label take no part in either.
func (p LinearPaths) part(all Named) (rest, taken augment.Source, err error) {
	var without int
	l, err := labeled(all, &without)
	if err != nil {
		return nil, nil, err
	}
	train, val := SplitByClass(l.labels, p.Fraction, p.Seed)
	images := l.images(all)
	kept, cut := images.pick(train).Which, images.pick(val).Which
	if len(cut) == 0 {
		return nil, nil, fmt.Errorf("%s has one image of each class, so that none can be put aside for the test: add images", all.Path)
	}
	return augment.Pick(all.Source, kept), augment.Pick(all.Source, cut), nil
}
