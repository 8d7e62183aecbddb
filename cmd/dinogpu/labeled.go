package main

import (
	"strings"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/eval"
)

// labeledPaths are where a question's images lie. In leave-one-out both are one path.
type labeledPaths struct {
	Train, Test string
	LeaveOneOut bool
	Split       bool // the question will be split, so that images without another of their class only vote
	Limit       int  // of each; 0: all
}

// open opens both and pairs their classes. What takes no part, or cannot be right, is said.
func (l labeledPaths) open(size int, console *console) (eval.Question, error) {
	var q eval.Question
	var m eval.Matched
	var err error
	if l.LeaveOneOut {
		q, m, err = eval.OpenLeaveOneOut(l.Train, l.Limit, size)
	} else {
		q, m, err = eval.OpenQuestion(l.Train, l.Test, l.Limit, size)
	}
	if err != nil {
		return q, err
	}
	if l.Split {
		m.Single = nil
	}
	sayMatched(console, m, l.Train, l.Test)
	return q, nil
}

// sayMatched says which images take no part, or cannot be right.
func sayMatched(console *console, m eval.Matched, train, test string) {
	for _, sentence := range m.Remarks {
		console.Print("%s", sentence)
	}
	for i, path := range []string{train, test} {
		if n := m.NoLabel[i]; n > 0 {
			console.Print("%s: %s without a class, ignored", path, settings.Count(n, "image"))
		}
	}
	if len(m.Unknown) > 0 {
		console.Print("%s has %s of classes that %s lacks, counted as wrong: %s", test, settings.Count(m.UnknownImages, "image"), train, strings.Join(m.Unknown, ", "))
	}
	if n := len(m.Single); n > 0 {
		console.Print("%s has %s with no other of the same class, counted as wrong: %s", train, settings.Count(n, "image"), strings.Join(m.Single, ", "))
	}
}

// leftOut names images that cannot be read, each once, and counts them.
type leftOut struct {
	console *console
	path    string
	seen    map[string]bool
}

func newLeftOut(console *console, path string) *leftOut {
	return &leftOut{console, path, map[string]bool{}}
}

// mostNamed images are named one by one, so that a thousand damaged ones do not fill the screen.
const mostNamed = 20

func (l *leftOut) add(name string, err error) {
	if l.seen[name] {
		return
	}
	l.seen[name] = true
	switch n := len(l.seen); {
	case n <= mostNamed:
		l.console.Print("%s of %s is left out: %v", name, l.path, err)
	case n == mostNamed+1:
		l.console.Print("more images of %s are left out; from here on they are only counted", l.path)
	}
}

// say tells how many there were.
func (l *leftOut) say() {
	if n := len(l.seen); n > 0 {
		l.console.Print("%s: %s left out", l.path, settings.Count(n, "image"))
	}
}

// embedding is how images of a path are read for an evaluation, with its progress shown.
func embedding(console *console, path string, p eval.Images, out *leftOut) eval.Reading {
	return eval.Reading{LeftOut: out.add, Done: counting(console, path, len(p.Which))}
}
