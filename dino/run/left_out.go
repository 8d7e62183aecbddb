package run

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// badImagesFile names the images that could not be read, one per line with the cause behind a tab.
const badImagesFile = "bad-images.txt"

// mostTold images that cannot be read are told one by one, so that a thousand of them do not fill the screen.
const mostTold = 20

// leftOut counts the images of this sitting that others stand in for.
type leftOut struct {
	mu      sync.Mutex
	n       int
	unnamed bool // their file cannot be written
}

// leaveOut takes notice of an image that cannot be read. It is called by the loader, once per image.
func (r *Run) leaveOut(name string, err error) {
	l := &r.left
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n++
	switch {
	case l.n <= mostTold:
		r.say("%s is left out: %v", name, err)
	case l.n == mostTold+1:
		r.say("more images are left out: they are counted, and named in %s", r.folder.Join(badImagesFile))
	}
	if err := r.folder.badImage(name, err); err != nil && !l.unnamed {
		l.unnamed = true
		r.say("%s cannot be written (%v): images that are left out are only counted", r.folder.Join(badImagesFile), err)
	}
}

// sayLeftOut tells how many images were left out.
func (r *Run) sayLeftOut() {
	r.left.mu.Lock()
	defer r.left.mu.Unlock()
	switch r.left.n {
	case 0:
	case 1:
		r.say("1 image of %d cannot be read and is left out: %s names it", r.images.Len(), r.folder.Join(badImagesFile))
	default:
		r.say("%d images of %d cannot be read and are left out: %s names them", r.left.n, r.images.Len(), r.folder.Join(badImagesFile))
	}
}

// badImage adds a line to the file of bad images, unless an earlier sitting named the image.
func (r *Folder) badImage(name string, cause error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	path := filepath.Join(r.path, badImagesFile)
	if r.bad == nil {
		r.bad = map[string]bool{}
		earlier, _ := os.ReadFile(path) // not there, or to be told by the writing
		for line := range strings.Lines(string(earlier)) {
			name, _, _ := strings.Cut(strings.TrimRight(line, "\r\n"), "\t")
			r.bad[name] = true
		}
	}
	if r.bad[name] {
		return nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%s\t%s\n", name, strings.ReplaceAll(cause.Error(), "\n", " "))
	r.bad[name] = err == nil
	return errors.Join(err, f.Close())
}
