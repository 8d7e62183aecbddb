package augment

import (
	"fmt"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/dinogpu/dinogpu/augment/decode"
)

// joined is several sources as one, in their order. Classes go together by their names.
type joined struct {
	parts   []Source
	names   []string // of the parts: no two are the same
	starts  []int    // the number of each part's first image, and of all images
	classes []string
	labels  []map[int]int // of each part: its labels' numbers here; nil: they are the same
	said    []string
}

// openAll opens several paths as one set, or takes what is open of them already. A folder that two of them lead to is
// listed once.
func openAll(paths []string, opened ...Source) (Source, error) {
	j := &joined{names: shortNames(paths), starts: []int{0}}
	seen := map[string]bool{}
	for i, path := range paths {
		if i < len(opened) && opened[i] != nil {
			j.take(opened[i])
			continue
		}
		real, err := realPath(path)
		if err == nil && seen[real] {
			j.said = append(j.said, fmt.Sprintf("passed over: %s, which is named twice or lies in another of the folders", quote(path)))
			j.names[i] = ""
			continue
		}
		src, err := open(path, seen)
		if err != nil {
			return nil, err
		}
		seen[real] = true // files; a folder is there already
		j.take(src)
	}
	j.names = slices.DeleteFunc(j.names, func(name string) bool { return name == "" })
	j.pair()
	return j, nil
}

// take adds a part.
func (j *joined) take(src Source) {
	j.parts = append(j.parts, src)
	j.starts = append(j.starts, j.starts[len(j.starts)-1]+src.Len())
	j.said = append(j.said, Remarks(src)...)
}

// shortNames are the ends of paths by which they can be told apart, so that a set that moves as a whole keeps its
// images' names.
func shortNames(paths []string) []string {
	var elements [][]string
	for _, path := range paths {
		if abs, err := filepath.Abs(path); err == nil {
			path = abs
		}
		elements = append(elements, strings.Split(path, string(filepath.Separator)))
	}
	names := make([]string, len(paths))
	for i, e := range elements {
		for n := 1; n <= len(e); n++ {
			names[i] = strings.Join(e[len(e)-n:], string(filepath.Separator))
			ends := 0
			for _, other := range elements {
				if len(other) >= n && slices.Equal(other[len(other)-n:], e[len(e)-n:]) {
					ends++
				}
			}
			if ends == 1 {
				break
			}
		}
	}
	return names
}

// pair gives classes of one name one label. Where no part names its classes, labels stay as they are.
func (j *joined) pair() {
	for _, src := range j.parts {
		j.classes = append(j.classes, src.Classes()...)
	}
	if len(j.classes) == 0 {
		return
	}
	nameOf := func(src Source, label int) string {
		if classes := src.Classes(); label < len(classes) {
			return classes[label]
		}
		return strconv.Itoa(label)
	}
	found := make([]map[int]int, len(j.parts))
	for p, src := range j.parts {
		found[p] = map[int]int{}
		for i := range src.Len() {
			if label := src.Label(i); label >= 0 {
				found[p][label] = 0
			}
		}
		for label := range found[p] {
			j.classes = append(j.classes, nameOf(src, label))
		}
	}
	slices.Sort(j.classes)
	j.classes = slices.Compact(j.classes)
	for p, labels := range found {
		for label := range labels {
			labels[label], _ = slices.BinarySearch(j.classes, nameOf(j.parts[p], label))
		}
	}
	j.labels = found
}

// at gives the part of image i, and its number there.
func (j *joined) at(i int) (part, number int) {
	if i < 0 || i >= j.Len() {
		panic(fmt.Sprintf("augment: image %d of %d", i, j.Len()))
	}
	part = sort.SearchInts(j.starts, i+1) - 1
	return part, i - j.starts[part]
}

func (j *joined) Len() int          { return j.starts[len(j.starts)-1] }
func (j *joined) Classes() []string { return j.classes }
func (j *joined) remarks() []string { return j.said }

func (j *joined) Name(i int) string {
	p, n := j.at(i)
	switch part := j.parts[p].(type) {
	case *folder:
		return j.names[p] + string(filepath.Separator) + part.Name(n)
	case files:
		return part.Name(n)
	}
	return j.names[p] + ": " + j.parts[p].Name(n)
}

func (j *joined) Label(i int) int {
	p, n := j.at(i)
	label := j.parts[p].Label(n)
	if label < 0 || j.labels == nil {
		return label
	}
	return j.labels[p][label]
}

func (j *joined) Decode(i int) (*Image, error) { return j.decodeAs(i, decode.Options{}) }

func (j *joined) decodeAs(i int, o decode.Options) (*Image, error) {
	p, n := j.at(i)
	return decodeAs(j.parts[p], n, o)
}
