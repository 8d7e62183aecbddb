package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/eval"
)

// labelledPaths are where a question's pictures lie.
type labelledPaths struct {
	Train, Test string
	Limit       int // of each; 0: all
}

// open opens both and pairs their classes. What takes no part, or cannot be right, is said.
func (l labelledPaths) open(size int, console *console) (eval.Question, error) {
	if filepath.Clean(l.Train) == filepath.Clean(l.Test) {
		return eval.Question{}, fmt.Errorf("%s cannot be both: each picture would be its own nearest neighbour; split it into pictures that vote and pictures that are asked about", l.Train)
	}
	train, err := augment.Open(l.Train)
	if err != nil {
		return eval.Question{}, err
	}
	test, err := augment.Open(l.Test)
	if err != nil {
		return eval.Question{}, err
	}
	q, m, err := eval.Match(eval.Named{Source: augment.Limit(train, l.Limit), Path: l.Train}, eval.Named{Source: augment.Limit(test, l.Limit), Path: l.Test})
	if err != nil {
		return q, err
	}
	for i, path := range []string{l.Train, l.Test} {
		if n := m.NoLabel[i]; n > 0 {
			console.Print("without a class, so taking no part, in %s: %d", path, n)
		}
	}
	if len(m.Unknown) > 0 {
		console.Print("classes of %s that %s has no pictures of, which count as wrong (%d): %s", l.Test, l.Train, m.UnknownPictures, strings.Join(m.Unknown, ", "))
	}
	q.Bank.View, q.Queries.View = eval.EvalView(size), eval.EvalView(size)
	return q, nil
}

// batchOf is how many pictures of the question a backbone takes at once: as many as fit, in batches of even length.
func batchOf(c dino.BackboneConfig, q eval.Question) int {
	n, most := max(len(q.Bank.Which), len(q.Queries.Which)), c.FittingBatch()
	batches := (n + most - 1) / most
	return (n + batches - 1) / batches
}

// leftOut names pictures that cannot be read, each once, and counts them.
type leftOut struct {
	console *console
	path    string
	seen    map[string]bool
}

func newLeftOut(console *console, path string) *leftOut {
	return &leftOut{console, path, map[string]bool{}}
}

// mostNamed pictures are named one by one, so that a thousand damaged ones do not fill the screen.
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
		l.console.Print("more of %s are left out, and counted", l.path)
	}
}

// say tells how many there were.
func (l *leftOut) say() {
	if n := len(l.seen); n > 0 {
		l.console.Print("left out of %s: %d", l.path, n)
	}
}

// embedding is how pictures of a path are read for an evaluation of this batch, with its progress shown.
func embedding(console *console, path string, p eval.Pictures, batch int, out *leftOut) eval.Reading {
	begun := console.now()
	drawn, printed := time.Time{}, begun
	return eval.Reading{Batch: batch, LeftOut: out.add, Done: func(n int) {
		now := console.now()
		line := func() string { return fmt.Sprintf("%s: %d of %d pictures", path, n, len(p.Which)) }
		switch {
		case n == len(p.Which):
			console.Status("")
		case console.tty && now.Sub(drawn) >= redrawEvery:
			drawn = now
			console.Status(line())
		case !console.tty && now.Sub(printed) >= lateEvery:
			printed = now
			console.Print("%s", line())
		}
	}}
}
