package viewer

import (
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
)

// WritePNG writes im to path, whose folder is made if it is missing. What was there stays until all is written.
func WritePNG(path string, im image.Image) error {
	if err := writePNG(path, im); err != nil {
		return fmt.Errorf("picture %s cannot be written: %w", path, err)
	}
	return nil
}

func writePNG(path string, im image.Image) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".tmp-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // nothing is left by that name once it is renamed
	err = png.Encode(f, im)
	if err == nil {
		err = f.Chmod(0o644) // CreateTemp keeps others out
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
