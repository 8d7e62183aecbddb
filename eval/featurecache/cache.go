package featurecache

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// A Cache is the file of one key, and what is known of it.
type Cache struct {
	Path string

	key    [sha256.Size]byte
	dim    int
	loaded rows           // what the file held when it was read
	seen   fs.FileInfo    // of that file; nil: there was none that could be used
	now    rows           // of the present images
	asked  map[Image]bool // the present images
	added  bool           // of now, some are in no file yet
}

// Folder is where the caches lie: dinogpu/features in the user's cache folder.
func Folder() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("there is no folder for caches: %w", err)
	}
	return filepath.Join(dir, "dinogpu", "features"), nil
}

// Open reads the cache of a key. Where nothing was kept yet it is empty. An error says why what was kept is not used; the
// cache is empty then, and Save writes over what is there. Only without a folder for caches it is nil.
func Open(k Key) (*Cache, error) {
	dir, err := Folder()
	if err != nil {
		return nil, err
	}
	key, err := k.sum()
	if err != nil {
		return nil, err
	}
	c := &Cache{
		Path: filepath.Join(dir, fmt.Sprintf("%x%s", key[:12], suffix)),
		key:  key, dim: k.Dim, now: newRows(), asked: map[Image]bool{},
	}
	c.loaded, c.seen, err = c.read()
	return c, err
}

// read gives what the file holds now; nothing, and no error, if there is none.
func (c *Cache) read() (rows, fs.FileInfo, error) {
	info, err := os.Stat(c.Path) // before it is read: another file in its place is then seen as such
	if errors.Is(err, fs.ErrNotExist) {
		return newRows(), nil, nil
	}
	if err != nil {
		return newRows(), nil, err
	}
	r, err := read(c.Path, c.key, c.dim)
	if err != nil {
		return newRows(), nil, err
	}
	return r, info, nil
}

// Get gives a present image's features, nil if none are known. The slice is the cache's. Only what was asked for with Get,
// or added, is kept by Save: images that are gone leave the cache.
func (c *Cache) Get(im Image) []float32 {
	c.asked[im] = true
	values := c.loaded.values[im]
	if values != nil {
		c.now.add(im, values)
	}
	return values
}

// Add takes a present image's features, which are the cache's from then on.
func (c *Cache) Add(im Image, values []float32) {
	if len(values) != c.dim {
		panic(fmt.Sprintf("featurecache: %d values for rows of %d", len(values), c.dim))
	}
	c.asked[im] = true
	c.now.add(im, values)
	c.added = true
}

// Len is the number of rows that Save keeps.
func (c *Cache) Len() int { return len(c.now.order) }

// Save writes the file anew, whole or not at all, if something was added; what another process has kept of the same images
// since Open goes in too. A cache that was only read is marked as used. Files that were not used for long go where there
// are too many bytes of them ([Most]).
func (c *Cache) Save() error {
	if !c.added {
		if c.seen != nil {
			at := time.Now()
			return os.Chtimes(c.Path, at, at)
		}
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(c.Path), 0o700); err != nil { // what photos show is the user's alone
		return err
	}
	c.merge()
	if err := write(c.Path, c.key, c.dim, c.now); err != nil {
		return err
	}
	c.added = false
	c.seen, _ = os.Stat(c.Path) // nil: it is read again before the next Save
	return trim(filepath.Dir(c.Path), filepath.Base(c.Path), Most)
}

// merge takes over what another process has put in the file's place.
func (c *Cache) merge() {
	info, err := os.Stat(c.Path)
	if err != nil || c.seen != nil && os.SameFile(info, c.seen) && info.ModTime().Equal(c.seen.ModTime()) {
		return
	}
	theirs, _, err := c.read()
	if err != nil {
		return // damaged: it is written over
	}
	for _, im := range theirs.order {
		if _, have := c.now.values[im]; c.asked[im] && !have {
			c.now.add(im, theirs.values[im])
		}
	}
}
