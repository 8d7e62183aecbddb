package featurecache

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Most is the bytes of all caches together above which the one that was used longest ago goes. The one in use stays
// whatever its size.
const Most = 4 << 30

const suffix = ".features"

// left is how old a file has to be that a killed process left unfinished, before it goes: another may still write a
// younger one.
const left = 24 * time.Hour

// trim removes files, the one used longest ago first, until all have at most so many bytes. The one called kept stays.
// Nothing else in the folder is touched.
func trim(dir, kept string, most int64) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var files []fs.FileInfo
	var total int64
	for _, e := range entries {
		info, err := e.Info()
		whole := strings.HasSuffix(e.Name(), suffix)
		if err != nil || !info.Mode().IsRegular() || !whole && !strings.Contains(e.Name(), suffix+".tmp-") {
			continue // gone meanwhile, or not ours
		}
		if !whole && time.Since(info.ModTime()) > left {
			if err := remove(dir, e.Name()); err != nil {
				return err
			}
			continue
		}
		total += info.Size()
		if whole && e.Name() != kept {
			files = append(files, info)
		}
	}
	slices.SortFunc(files, func(a, b fs.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	for _, info := range files {
		if total <= most {
			break
		}
		if err := remove(dir, info.Name()); err != nil {
			return err
		}
		total -= info.Size()
	}
	return nil
}

// remove removes a file that another process may have removed.
func remove(dir, name string) error {
	if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
