package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// ErrNotEmpty is in the chain of the error about a folder that is to be written and already holds something.
var ErrNotEmpty = errors.New("it is there already and not empty")

// WriteFolder writes a folder that is whole or absent: write fills a temporary one beside it with WriteFile, which gets
// the name once that is done. A folder that is there must be empty.
func WriteFolder(path string, write func(folder string) error) error {
	path = filepath.Clean(path)
	if err := emptyOrAbsent(path); err != nil {
		return cannotWriteFolder(path, err)
	}
	var temp string
	for {
		temp = fmt.Sprintf("%s%s%d", path, tempMark, rand.Uint32())
		err := os.Mkdir(temp, 0o777)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrExist) {
			return cannotWriteFolder(path, err)
		}
	}
	if err := write(temp); err != nil {
		return errors.Join(err, os.RemoveAll(temp))
	}
	err := emptyOrAbsent(path)
	if err == nil {
		err = os.Remove(path) // which takes empty folders alone
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	}
	if err == nil {
		err = rename(temp, path)
	}
	if err != nil {
		return cannotWriteFolder(path, errors.Join(err, os.RemoveAll(temp)))
	}
	if err := syncFolder(filepath.Dir(path)); err != nil {
		return cannotWriteFolder(path, err)
	}
	return nil
}

func emptyOrAbsent(path string) error {
	entries, err := os.ReadDir(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case len(entries) > 0:
		return ErrNotEmpty
	}
	return nil
}

func cannotWriteFolder(path string, err error) error {
	if errors.Is(err, ErrNotEmpty) {
		return fmt.Errorf("the folder %s cannot be written because %w: name another, or empty it", path, err)
	}
	return fmt.Errorf("the folder %s cannot be written (%w): see that the folder above it is there and that you may write to it", path, Cause(err))
}
