package augment

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dinogpu/dinogpu/augment/decode"
)

var errNotPlain = errors.New("it is not a plain file")

// openFile opens a plain file to read and gives its size. Anything else, at which reading could wait for ever, is
// refused, and opening a pipe does not wait for its other end.
func openFile(path string) (*os.File, int64, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|dontWait, 0)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: path, Err: errNotPlain}
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, info.Size(), nil
}

// decodeFile reads one image file. Its errors name the file; one that is not the
// file's own is a *Trouble. gone tells whether the folder that held the file is
// gone, and what of it.
func decodeFile(path string, o decode.Options, gone func() string) (*Image, error) {
	f, _, err := openFile(path)
	if err != nil {
		return nil, inTrouble(err, gone, fmt.Errorf("image %s cannot be opened: %w", quote(path), bare(err)))
	}
	defer f.Close()
	im, err := decode.Decode(f, o)
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return nil, inTrouble(err, gone, fmt.Errorf("image %s cannot be read: %w", quote(path), p.Err))
	}
	if err != nil {
		return nil, fmt.Errorf("image %s: %w", quote(path), err)
	}
	return im, nil
}

// inTrouble turns the system's error into a *Trouble where it says nothing of
// the file itself, and else gives what is said of the file.
func inTrouble(err error, gone func() string, said error) error {
	if passing(err) {
		return &Trouble{fmt.Errorf("%w (raise what the system allows, for example by ulimit -n, or see that disk and network answer)", said)}
	}
	if errors.Is(err, errNotPlain) {
		return said
	}
	if folder := gone(); folder != "" {
		return &Trouble{fmt.Errorf("the folder %s is gone, or its disk is not mounted any more (%w): put it back", quote(folder), said)}
	}
	return said
}

// gone gives the folder of image i where that is no longer there, or empty, as
// the place of a disk that is not mounted is; else "".
func (f *folder) gone(i int) string {
	if now, err := os.Stat(f.root); err != nil || !os.SameFile(now, f.info) {
		return f.root
	}
	dir := filepath.Dir(f.paths[i])
	beside := func(j int) bool { return j >= 0 && j < len(f.paths) && filepath.Dir(f.paths[j]) == dir }
	if beside(i-1) || beside(i+1) { // else the image may be all that is gone
		return vanished(filepath.Join(f.root, dir))
	}
	return ""
}

// gone is as of a folder: the image's, where other lines name images in it.
func (l *list) gone(i int) string {
	dir := filepath.Dir(l.full(l.paths[i]))
	for j, line := range l.paths {
		if j != i && filepath.Dir(l.full(line)) == dir {
			return vanished(dir)
		}
	}
	return ""
}

// vanished gives dir, or the folder above it, which is no longer there or empty; else "".
func vanished(dir string) string {
	f, err := os.Open(dir)
	if err == nil {
		names, _ := f.Readdirnames(1)
		_ = f.Close()
		if len(names) > 0 {
			return ""
		}
		return dir
	}
	if above := filepath.Dir(dir); above != dir && errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(above); errors.Is(err, fs.ErrNotExist) {
			return vanished(above)
		}
	}
	return dir
}
