package disk

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// MakeFolder makes a folder, with those above it that are not there, and makes their names last.
func MakeFolder(path string) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil
	}
	parent := filepath.Dir(path)
	if parent != path {
		if err := MakeFolder(parent); err != nil {
			return err
		}
	}
	err := os.Mkdir(path, 0o777)
	if info, statErr := os.Stat(path); err != nil && statErr == nil && info.IsDir() {
		return nil // another was quicker
	}
	if err != nil {
		return err
	}
	return syncFolder(parent)
}

// MakeNewFolder makes a folder, whose parent is there, and makes its name last. One that is there is an error.
func MakeNewFolder(path string) error {
	if err := os.Mkdir(path, 0o777); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes new names in a folder last; tests look on.
var syncFolder = func(folder string) error {
	if runtime.GOOS == "windows" {
		return nil // which cannot sync a folder
	}
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil // of a few file systems
	}
	return errors.Join(err, f.Close())
}
