package augment

import (
	"bufio"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"strings"

	// Each import teaches image.Decode one format.
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"
)

// Extensions lists the file name endings that count as pictures, in any mix of
// upper and lower case.
const Extensions = ".png .jpg .jpeg .gif .bmp .tif .tiff .webp"

// maxPixels bounds a picture before its memory is taken: Pillow refuses from
// about the same size on.
const maxPixels = 179_000_000

// isPicture tells a picture by its name's ending.
func isPicture(name string) bool {
	switch ext := filepath.Ext(name); len(ext) {
	case 4, 5:
		switch strings.ToLower(ext) {
		case ".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp":
			return true
		}
	}
	return false
}

// decodeFile reads one picture file. The format is told by its content, since
// wrong endings are common; EXIF orientation is not applied.
func decodeFile(path string) (im *Image, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("picture %s cannot be opened: %w", path, err)
	}
	defer f.Close()
	// Decoders have panicked on damaged files before; one bad picture must
	// not end a run.
	defer func() {
		if p := recover(); p != nil {
			im, err = nil, fmt.Errorf("picture %s is damaged (%v): replace or remove it", path, p)
		}
	}()
	r := bufio.NewReaderSize(f, 1<<15)
	conf, _, err := image.DecodeConfig(r)
	if err != nil {
		return nil, fmt.Errorf("picture %s is no readable picture (%w): replace or remove it", path, err)
	}
	if conf.Width <= 0 || conf.Height <= 0 || conf.Width > maxPixels/conf.Height {
		return nil, fmt.Errorf("picture %s says it is %d x %d pixels, outside 1 to %d in all: shrink or remove it", path, conf.Width, conf.Height, maxPixels)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("picture %s cannot be read: %w", path, err)
	}
	r.Reset(f)
	src, _, err := image.Decode(r)
	if err != nil {
		return nil, fmt.Errorf("picture %s is damaged (%w): replace or remove it", path, err)
	}
	if src.Bounds().Empty() {
		return nil, fmt.Errorf("picture %s holds no pixels: replace or remove it", path)
	}
	return fromGo(src), nil
}
