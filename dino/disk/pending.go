package disk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A Pending is a file that is written bit by bit, anywhere in it, and that has its name only once it is whole and on
// the disk: until Keep its bytes lie in a temporary file beside. Drop has to be called, after Keep too.
type Pending struct {
	path string
	f    *os.File
}

// NewPending begins a file. A name that is taken is an error, also at Keep: nothing is written over.
func NewPending(path string) (*Pending, error) {
	if err := Absent(path); err != nil {
		return nil, err
	}
	f, err := createTemp(path)
	if err != nil {
		return nil, cannotWrite(path, err)
	}
	return &Pending{path, f}, nil
}

// Absent is an error where something has the name already.
func Absent(path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		if err != nil {
			return cannotWrite(path, err)
		}
		return fmt.Errorf("%s is not written over (%w)", path, fs.ErrExist)
	}
	return nil
}

// WriteAt writes bytes at an offset, as io.WriterAt.
func (p *Pending) WriteAt(data []byte, at int64) (int, error) {
	n, err := p.f.WriteAt(data, at)
	if err != nil {
		return n, cannotWrite(p.path, err)
	}
	return n, nil
}

// Keep gives the file its name.
func (p *Pending) Keep() error {
	if err := Absent(p.path); err != nil {
		return err
	}
	err := p.f.Sync()
	if closeErr := p.f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return cannotWrite(p.path, err)
	}
	return Finish(p.f.Name(), p.path)
}

// Drop removes what has no name yet.
func (p *Pending) Drop() {
	_ = p.f.Close() // Keep did, and said what went wrong
	_ = os.Remove(p.f.Name())
}

// Unfinished are the temporary files beside path that a killed process left of it, or that another is writing.
func Unfinished(path string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, CannotRead(filepath.Dir(path), err)
	}
	var left []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), filepath.Base(path)+tempMark) && unfinished(e.Name()) {
			left = append(left, filepath.Join(filepath.Dir(path), e.Name()))
		}
	}
	return left, nil
}

var _ io.WriterAt = (*Pending)(nil)
