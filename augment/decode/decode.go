package decode

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"image"
	"io"
	"path/filepath"
	"strings"

	// Each import teaches image.Decode one format; JPEG and GIF have files of
	// their own.
	_ "image/png"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"
)

// Extensions lists the file name endings that count as images, in any mix of
// upper and lower case.
const Extensions = ".png .jpg .jpeg .gif .bmp .tif .tiff .webp"

// maxPixels bounds an image before its memory is taken: Pillow refuses from
// about the same size on.
const maxPixels = 179_000_000

// IsImage tells an image by its file name's ending.
func IsImage(name string) bool {
	switch ext := filepath.Ext(name); len(ext) {
	case 4, 5:
		switch strings.ToLower(ext) {
		case ".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp":
			return true
		}
	}
	return false
}

// Shrink tells how many times smaller than its w x h pixels an image may be
// decoded: 1, 2, 4 or 8. It may always be given back larger.
type Shrink func(w, h int) int

// Decode reads one image from the start of f; shrink may be nil. The format is
// told by the content, since wrong file names are common. A JPEG's EXIF
// orientation is not applied. An error says what is wrong and what to do, but
// not with which file.
func Decode(f io.ReadSeeker, shrink Shrink) (im *Image, err error) {
	// Decoders have panicked on damaged files before; one bad image must
	// not end a run.
	defer func() {
		if p := recover(); p != nil {
			im, err = nil, fmt.Errorf("damaged (%v): replace or remove it", p)
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
		return nil, fmt.Errorf("no readable image (%w): replace or remove it", err)
	}
	if conf.Width <= 0 || conf.Height <= 0 || conf.Width > maxPixels/conf.Height {
		return nil, fmt.Errorf("it says it is %d x %d pixels, outside 1 to %d in all: shrink or remove it", conf.Width, conf.Height, maxPixels)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	r.Reset(f)
	im, err = decode(r, conf, shrink)
	if err != nil {
		return nil, fmt.Errorf("damaged (%w): replace or remove it", err)
	}
	if im.W < 1 || im.H < 1 {
		return nil, errors.New("without pixels: replace or remove it")
	}
	return im, nil
}

func configAny(r io.Reader) (image.Config, error) {
	conf, _, err := image.DecodeConfig(r)
	return conf, err
}

func decodeAny(r io.Reader, _ image.Config, _ Shrink) (*Image, error) {
	src, format, err := image.Decode(r)
	if err != nil {
		return nil, err
	}
	return fromGo(src, format), nil
}
