package augment

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dinogpu/dinogpu/augment/decode"
)

// Remarks are sentences about what was found beside a source's images, and passed over. There are none where there is
// nothing to say.
func Remarks(src Source) []string {
	if s, ok := src.(interface{ remarks() []string }); ok {
		return s.remarks()
	}
	return nil
}

func (f *folder) remarks() []string {
	if text := f.passed.String(); text != "" {
		return []string{fmt.Sprintf("passed over in %s: %s", quote(f.root), text)}
	}
	return nil
}

func (p part) remarks() []string { return Remarks(p.Source) }

// passed is what a folder holds beside its images.
type passed struct {
	endings map[string]int    // files by the ends of their names, "" for none
	convert map[string]string // of such an ending: what the images are, and what converts them
	hidden  int               // names that start with a dot
	special int               // pipes, sockets and devices
	broken  int               // links to nothing
	again   int               // folders that are listed already, by links mostly
	runs    []string          // folders of training runs
	unread  []string          // folders that cannot be read, each with the cause
}

// file counts a file that is none of an image.
func (p *passed) file(name string) {
	ending := strings.ToLower(filepath.Ext(name))
	if len(ending) > 12 || ending == "." {
		ending = "" // a dot in a sentence
	}
	if p.endings == nil {
		p.endings, p.convert = map[string]int{}, map[string]string{}
	}
	if p.endings[ending] == 0 {
		if kind, with := decode.OtherKind(name); kind != "" {
			p.convert[ending] = fmt.Sprintf(" (%s is not read: convert with `%s`)", kind, with)
		}
	}
	p.endings[ending]++
}

// String lists the kinds with their numbers, most first; it is empty where nothing was passed over.
func (p *passed) String() string {
	const most = 12 // kinds of files
	var parts []string
	endings := slices.SortedFunc(maps.Keys(p.endings), func(a, b string) int {
		return cmp.Or(cmp.Compare(p.endings[b], p.endings[a]), strings.Compare(a, b))
	})
	rest := 0
	for i, ending := range endings {
		n := p.endings[ending]
		switch {
		case i >= most:
			rest += n
		case ending == "":
			parts = append(parts, count(n, "file", "files")+" of no kind")
		default:
			parts = append(parts, fmt.Sprintf("%d %s%s", n, quote(ending), p.convert[ending]))
		}
	}
	if rest > 0 {
		parts = append(parts, fmt.Sprintf("%s of %d other kinds", count(rest, "file", "files"), len(endings)-most))
	}
	for _, other := range []struct {
		n         int
		one, many string
	}{
		{p.hidden, "hidden name", "hidden names"},
		{p.special, "pipe or device", "pipes or devices"},
		{p.broken, "link to nothing", "links to nothing"},
		{p.again, "folder that is listed already", "folders that are listed already"},
	} {
		if other.n > 0 {
			parts = append(parts, count(other.n, other.one, other.many))
		}
	}
	return strings.Join(append(append(parts,
		folders(p.runs, "folder of a training run", "folders of training runs")...),
		folders(p.unread, "folder that cannot be read", "folders that cannot be read")...), ", ")
}

// folders counts folders and names the first few.
func folders(names []string, one, many string) []string {
	const most = 3
	if len(names) == 0 {
		return nil
	}
	text := count(len(names), one, many)
	if len(names) > most {
		return []string{fmt.Sprintf("%s (%s and %d more)", text, strings.Join(names[:most], "; "), len(names)-most)}
	}
	return []string{fmt.Sprintf("%s (%s)", text, strings.Join(names, "; "))}
}

// count writes a number with its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
