package eval

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/dinogpu/dinogpu/augment"
)

// A Question is a bank of labeled images, and query images whose class is asked for.
type Question struct {
	Bank, Queries Images
	Classes       []string // those of the bank, in the order of their labels
	LeaveOneOut   bool     // each image of the bank is asked of all its others, and Queries are the bank itself
}

// OpenQuestion opens the images of two paths, at most limit of each, spread evenly over it (0: all), and matches their
// classes. Evaluations see them as squares of size x size pixels.
func OpenQuestion(bank, queries string, limit, size int) (Question, Matched, error) {
	if filepath.Clean(bank) == filepath.Clean(queries) {
		return Question{}, Matched{}, fmt.Errorf("%s cannot be both bank and queries: each image would be its own nearest neighbor; split it into images that vote and images to classify, or name it alone for leave-one-out", bank)
	}
	var named [2]Named
	var remarks []string
	for i, path := range []string{bank, queries} {
		source, err := augment.Open(path)
		if err != nil {
			return Question{}, Matched{}, err
		}
		remarks = append(append(remarks, augment.Remarks(source)...), emptyClasses(path, source.Classes())...)
		named[i] = Named{augment.Limit(source, limit), path}
	}
	q, m, err := Match(named[0], named[1])
	m.Remarks = remarks
	q.Bank.View, q.Queries.View = EvalView(size), EvalView(size)
	return q, m, err
}

// OpenLeaveOneOut opens the images of one path, each of which is to be asked of all the others; limit and size are those
// of OpenQuestion.
func OpenLeaveOneOut(path string, limit, size int) (Question, Matched, error) {
	source, err := augment.Open(path)
	if err != nil {
		return Question{}, Matched{}, err
	}
	all := Named{augment.Limit(source, limit), path}
	q, m, err := Match(all, all)
	if err != nil {
		return q, m, err
	}
	m.Remarks, m.NoLabel[1] = append(augment.Remarks(source), emptyClasses(path, source.Classes())...), 0
	q.Bank.View = EvalView(size)
	q.Queries, q.LeaveOneOut = q.Bank, true
	of := make([]int, len(q.Classes))
	for _, label := range q.Bank.Labels {
		of[label]++
	}
	for label, n := range of {
		if n == 1 {
			m.Single = append(m.Single, q.Classes[label])
		}
	}
	return q, m, nil
}

// A Named source is one with the path that messages call it by.
type Named struct {
	augment.Source
	Path string
}

// Matched says which images of a question do not count.
type Matched struct {
	Unknown       []string // classes that only the queries have
	UnknownImages int      // the images of these classes: each counts as wrong
	NoLabel       [2]int   // images of bank and queries without a label: they take no part
	Single        []string // in leave-one-out, classes of one image: no other can name them, so that it counts as wrong
	Remarks       []string // what was found beside the images, and passed over
}

// Match makes a question of two sources. Their classes are the same where their names are; classes with
// numbers and no names, as in an idx file, go by the number. The views are left to the caller.
func Match(bank, queries Named) (Question, Matched, error) {
	var q Question
	var m Matched
	b, err := labeled(bank, &m.NoLabel[0])
	if err != nil {
		return q, m, err
	}
	t, err := labeled(queries, &m.NoLabel[1])
	if err != nil {
		return q, m, err
	}
	if len(b.names) < 2 {
		return q, m, fmt.Errorf("%s has images of one class only, %s: two classes or more are needed; each sub-folder is a class", bank.Path, b.names[b.labels[0]])
	}
	place := map[string]int{}
	for _, label := range slices.Sorted(maps.Keys(b.names)) {
		place[b.names[label]] = len(q.Classes)
		q.Classes = append(q.Classes, b.names[label])
	}
	q.Bank, q.Queries = b.images(bank), t.images(queries)
	for n, label := range b.labels {
		q.Bank.Labels[n] = place[b.names[label]]
	}
	for n, label := range t.labels {
		at, ok := place[t.names[label]]
		if !ok {
			at = NoClass
			m.UnknownImages++
		}
		q.Queries.Labels[n] = at
	}
	for _, label := range slices.Sorted(maps.Keys(t.names)) {
		if _, ok := place[t.names[label]]; !ok {
			m.Unknown = append(m.Unknown, t.names[label])
		}
	}
	if m.UnknownImages == len(t.labels) {
		return q, m, fmt.Errorf("no class of %s (%s) is one of %s (%s): classes go together by the names of their folders", queries.Path, some(m.Unknown), bank.Path, some(q.Classes))
	}
	return q, m, nil
}

// labels are the images of a source that have a label.
type labels struct {
	which, labels []int
	names         map[int]string // of the labels that occur
}

func labeled(src Named, without *int) (labels, error) {
	l := labels{names: map[int]string{}}
	classes := src.Classes()
	for i := range src.Len() {
		label := src.Label(i)
		if label < 0 {
			*without++
			continue
		}
		l.which, l.labels = append(l.which, i), append(l.labels, label)
		if _, ok := l.names[label]; ok {
			continue
		}
		l.names[label] = strconv.Itoa(label)
		if label < len(classes) {
			l.names[label] = classes[label]
		}
	}
	if len(l.which) == 0 {
		return l, fmt.Errorf("%s has images without labels: sort them into a sub-folder for each class, or take an idx file with its labels' file beside it", src.Path)
	}
	return l, nil
}

func (l labels) images(src Named) Images {
	return Images{Source: src.Source, Which: l.which, Labels: make([]int, len(l.which))}
}

// some names the first few and counts the rest.
func some(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
