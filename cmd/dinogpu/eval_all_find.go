package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// depthOfData is how far below the root data is looked for.
const depthOfData = 2

// foundData is a folder with what can be evaluated there.
type foundData struct {
	entry  int // of evalEntries
	dir    string
	layout classLayout // of labeled images
}

// A dataSearch goes through folders.
type dataSearch struct {
	ctx     context.Context
	found   []foundData
	plain   []string        // folders that may be one of classes, the upper ones first
	claimed map[string]bool // folders with data, and those that such lie in
}

// findData looks for data in root and two levels of folders below it, of each evaluation in the deepest folders that have it.
// A folder of classes counts where it has, is and lies in nothing else.
func findData(ctx context.Context, root string) ([]foundData, error) {
	if _, err := os.ReadDir(root); err != nil {
		return nil, disk.CannotRead(root, err)
	}
	s := &dataSearch{ctx: ctx, claimed: map[string]bool{}}
	s.look(root, 0)
	for _, dir := range s.plain {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if !s.claimed[dir] && !s.within(dir) && hasClasses(dir) {
			s.addClasses(dir, oneOfThese)
			s.claimed[dir] = true
		}
	}
	return s.ordered(), ctx.Err()
}

// look searches a folder and tells which evaluations found something in or below it.
func (s *dataSearch) look(dir string, depth int) (has map[int]bool) {
	has = map[int]bool{}
	if s.ctx.Err() != nil {
		return has
	}
	s.plain = append(s.plain, dir)
	classes := hasTrainVal(dir)
	if depth < depthOfData {
		for _, sub := range subFolders(dir) {
			if name := filepath.Base(sub); classes && (name == "train" || name == "val") {
				continue // each of its folders is a class
			}
			for entry := range s.look(sub, depth+1) {
				has[entry] = true
			}
		}
	}
	if classes {
		s.addClasses(dir, trainVal)
		s.claimed[dir] = true
	}
	for i, entry := range evalEntries {
		if !entry.ofClasses() && !has[i] && entry.isFor(dir) {
			s.found = append(s.found, foundData{entry: i, dir: dir})
			has[i], s.claimed[dir] = true, true
		}
	}
	if len(has) > 0 {
		s.claimed[dir] = true
	}
	return has
}

func (s *dataSearch) addClasses(dir string, l classLayout) {
	for i, entry := range evalEntries {
		if entry.ofClasses() {
			s.found = append(s.found, foundData{i, dir, l})
		}
	}
}

// within tells whether a folder lies in one with data of its own.
func (s *dataSearch) within(dir string) bool {
	for _, f := range s.found {
		if strings.HasPrefix(dir, f.dir+string(filepath.Separator)) {
			return true
		}
	}
	return false
}

// ordered are the finds in the order of the entries.
func (s *dataSearch) ordered() (list []foundData) {
	for i := range evalEntries {
		for _, f := range s.found {
			if f.entry == i {
				list = append(list, f)
			}
		}
	}
	return list
}

// subFolders are those of a folder, in order.
func subFolders(dir string) (list []string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil // a folder that cannot be read has no data for us
	}
	for _, e := range entries {
		if path := filepath.Join(dir, e.Name()); !strings.HasPrefix(e.Name(), ".") && isDir(path) {
			list = append(list, path)
		}
	}
	return list
}
