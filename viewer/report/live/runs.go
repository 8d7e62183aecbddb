package live

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/run"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/viewer/report"
)

// An entry is a run that can be shown.
type entry struct {
	id     string // in requests: the folder's path, which is only ever looked up
	folder string
	given  bool        // named by the user, so it is shown where nothing is chosen
	begun  int64       // orders runs, the newest first
	run    *report.Run // nil before anybody has looked at it
}

// A shelf is the runs that there are.
type shelf struct {
	folder  string // whose folders are runs
	given   []string
	entries []*entry
}

// newShelf has the runs that the user named, each of which must be there, and those in a folder.
func newShelf(folder string, paths []string) (*shelf, error) {
	s := &shelf{folder: folder}
	for _, path := range paths {
		found, err := run.Find(path)
		if err != nil {
			return nil, err
		}
		s.given = append(s.given, filepath.Clean(found))
	}
	s.look()
	return s, nil
}

// look finds what runs there are now, and tells whether those are others than before.
func (s *shelf) look() (changed bool) {
	var now []*entry
	add := func(folder string, given bool) {
		info, err := os.Stat(filepath.Join(folder, settings.FileName))
		if err != nil && !given || slices.ContainsFunc(now, func(e *entry) bool { return e.id == folder }) {
			return
		}
		e := &entry{id: folder, folder: folder, given: given}
		if i := slices.IndexFunc(s.entries, func(old *entry) bool { return old.id == folder }); i >= 0 {
			e = s.entries[i]
		} else {
			changed = true
			if err == nil {
				e.begun = info.ModTime().UnixNano()
			}
		}
		now = append(now, e)
	}
	for _, folder := range s.given {
		add(folder, true)
	}
	folders, err := os.ReadDir(s.folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		folders = nil // what cannot be read shows nothing
	}
	for _, f := range folders {
		if !strings.HasPrefix(f.Name(), ".") {
			add(filepath.Join(s.folder, f.Name()), false)
		}
	}
	changed = changed || len(now) != len(s.entries)
	slices.SortStableFunc(now, func(a, b *entry) int { return int(min(max(b.begun-a.begun, -1), 1)) })
	s.entries = now
	return changed
}

// chosen are the runs of a request: those that it names, else those that the user named, else the newest.
func (s *shelf) chosen(ids []string) (list []*entry) {
	for _, e := range s.entries {
		if slices.Contains(ids, e.id) || len(ids) == 0 && (e.given || len(s.given) == 0 && len(list) == 0) {
			list = append(list, e)
		}
	}
	return list
}

// open reads the runs that nobody has looked at yet.
func open(ctx context.Context, list []*entry) (runs []*report.Run, err error) {
	for _, e := range list {
		if e.run == nil {
			if e.run, err = report.Open(ctx, e.folder); err != nil {
				if ctx.Err() != nil {
					return nil, ctx.Err()
				}
				continue // it is gone, and the next look takes it off the shelf
			}
		}
		runs = append(runs, e.run)
	}
	report.NameApart(runs)
	return runs, nil
}

// choices are all runs, for the page.
func (s *shelf) choices(chosen []*entry) (list []report.Choice) {
	for _, e := range s.entries {
		list = append(list, report.Choice{ID: e.id, Name: disk.Printable(e.folder), Checked: slices.Contains(chosen, e)})
	}
	return list
}
