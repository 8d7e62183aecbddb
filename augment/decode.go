package augment

import (
	"bufio"
	"bytes"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"strings"

	// Each import teaches image.Decode one format; JPEG and GIF have files of
	// their own.
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

// shrinkFor tells how many times smaller than its w x h pixels a picture may
// be decoded: 1, 2, 4 or 8. It may always be given back larger.
type shrinkFor func(w, h int) int

// decodeFile reads one picture file; shrink may be nil. The format is told by
// its content, since wrong endings are common; EXIF orientation is not applied.
func decodeFile(path string, shrink shrinkFor) (im *Image, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("picture %s cannot be opened: %w", quote(path), bare(err))
	}
	defer f.Close()
	// Decoders have panicked on damaged files before; one bad picture must
	// not end a run.
	defer func() {
		if p := recover(); p != nil {
			im, err = nil, fmt.Errorf("picture %s is damaged (%v): replace or remove it", quote(path), p)
		}
	}()
	r := bufio.NewReaderSize(f, 1<<15)
	decode, config := decodeAny, configAny
	switch head, _ := r.Peek(3); {
	case bytes.HasPrefix(head, []byte("\xff\xd8")):
		decode, config = decodeJPEG, configJPEG
	case bytes.HasPrefix(head, []byte("GIF")):
		decode = decodeGIF
	}
	conf, err := config(r)
	if err != nil {
		return nil, fmt.Errorf("picture %s is no readable picture (%w): replace or remove it", quote(path), bare(err))
	}
	if conf.Width <= 0 || conf.Height <= 0 || conf.Width > maxPixels/conf.Height {
		return nil, fmt.Errorf("picture %s says it is %d x %d pixels, outside 1 to %d in all: shrink or remove it", quote(path), conf.Width, conf.Height, maxPixels)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("picture %s cannot be read: %w", quote(path), bare(err))
	}
	r.Reset(f)
	im, err = decode(r, conf, shrink)
	if err != nil {
		return nil, fmt.Errorf("picture %s is damaged (%w): replace or remove it", quote(path), bare(err))
	}
	if im.W < 1 || im.H < 1 {
		return nil, fmt.Errorf("picture %s holds no pixels: replace or remove it", quote(path))
	}
	return im, nil
}

func configAny(r io.Reader) (image.Config, error) {
	conf, _, err := image.DecodeConfig(r)
	return conf, err
}

func decodeAny(r io.Reader, _ image.Config, _ shrinkFor) (*Image, error) {
	src, format, err := image.Decode(r)
	if err != nil {
		return nil, err
	}
	return fromGo(src, format), nil
}
