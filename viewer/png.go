package viewer

import (
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// WritePNG writes im to path and makes its folder if it is missing. An old file stays until the new one is complete.
func WritePNG(path string, im image.Image) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return fmt.Errorf("image %s cannot be written: its folder cannot be made (%w)", path, disk.PlainError(err))
	}
	if err := disk.WriteFile(path, func(w io.Writer) error { return png.Encode(w, im) }); err != nil {
		return fmt.Errorf("image %w", err)
	}
	return nil
}
