package augment

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dinogpu/dinogpu/augment/decode"
)

// lister fills a folder with what lies in it.
type lister struct {
	*folder
	seen  map[string]bool // real paths of the folders that are listed
	links []link          // to folders: followed after the real ones, which so keep their places
}

// link is one to a folder: its own place under the root, and where it leads.
type link struct{ rel, real string }

// all lists the root, and then what links lead to, those nearest to the root first.
func (w *lister) all(real string) error {
	if err := w.list(real, ""); err != nil {
		return err
	}
	followed := len(w.links) > 0
	for len(w.links) > 0 {
		slices.SortStableFunc(w.links, func(a, b link) int { return depth(a.rel) - depth(b.rel) })
		l := w.links[0]
		w.links = w.links[1:]
		if err := w.list(l.real, l.rel); err != nil {
			return err
		}
	}
	if followed {
		slices.SortFunc(w.paths, byFolder)
	}
	return nil
}

// notFiles are the kinds that reading could wait on for ever. (Windows has
// plain files of further kinds.)
const notFiles = fs.ModeDevice | fs.ModeNamedPipe | fs.ModeSocket

// list adds the images of the folder at the path real, whose place under the root is rel.
func (w *lister) list(real, rel string) error {
	if w.seen[real] {
		w.passed.again++
		return nil
	}
	w.seen[real] = true
	entries, err := os.ReadDir(real)
	// What may not be read is said and passed over; any other failure could hide images that a later look would find.
	if rel != "" && (errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist)) {
		w.passed.unread = append(w.passed.unread, fmt.Sprintf("%s: %v", quote(rel), bare(err)))
		return nil
	}
	if err != nil {
		return err
	}
	if isRun(entries) {
		w.passed.runs = append(w.passed.runs, quote(filepath.Join(".", rel)))
		return nil
	}
	for _, e := range entries {
		name := e.Name()
		switch at := filepath.Join(rel, name); {
		case strings.HasPrefix(name, "."):
			w.passed.hidden++
		case e.IsDir():
			if err := w.list(filepath.Join(real, name), at); err != nil {
				return err
			}
		case e.Type()&notFiles != 0:
			w.passed.special++
		case decode.IsImage(name):
			w.paths = append(w.paths, at)
		case e.Type()&fs.ModeSymlink != 0:
			w.follow(filepath.Join(real, name), at)
		default:
			w.passed.file(name)
		}
	}
	return nil
}

// follow looks at where a link leads that has no image's name.
func (w *lister) follow(path, rel string) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		w.passed.broken++
		return
	}
	switch info, err := os.Stat(real); {
	case err != nil:
		w.passed.broken++
	case info.IsDir():
		w.links = append(w.links, link{rel, real})
	case info.Mode()&notFiles != 0:
		w.passed.special++
	default:
		w.passed.file(rel)
	}
}

// isRun tells the folder of a training run, whose images show what was trained on others, by the files in it.
func isRun(entries []fs.DirEntry) bool {
	has := func(name string) bool {
		_, ok := slices.BinarySearchFunc(entries, name, func(e fs.DirEntry, name string) int { return strings.Compare(e.Name(), name) })
		return ok
	}
	return has("config.yaml") && (has("metrics.jsonl") || has("checkpoints"))
}

func depth(rel string) int { return strings.Count(rel, string(filepath.Separator)) }

// byFolder orders paths as a walk meets them: by their first elements, then by their second.
func byFolder(a, b string) int {
	for {
		x, restA, moreA := strings.Cut(a, string(filepath.Separator))
		y, restB, moreB := strings.Cut(b, string(filepath.Separator))
		if x != y || !moreA || !moreB {
			return strings.Compare(x, y)
		}
		a, b = restA, restB
	}
}
