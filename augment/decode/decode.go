package decode

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"io"

	// Each import teaches image.Decode one format; the others have files of
	// their own.
	_ "golang.org/x/image/tiff"
)

// Options says how to decode. The zero value decodes at full size.
type Options struct {
	// Shrink, if set, is asked once an image's size is known.
	Shrink Shrink
	// Budget, if set, bounds the memory of all that decode at once.
	Budget *Budget
}

// Shrink tells how many times smaller than its w x h pixels an image may be
// decoded: 1, 2, 4 or 8. It may always be given back larger.
type Shrink func(w, h int) int

// work is one image's decoding.
type work struct {
	Options
	share share
	size  int // the file's, in bytes
}

// format is one that is read: its name, and what decodes a whole file of it.
type format struct {
	name   string
	decode func(data []byte, o *work) (*Image, error)
}

// formatOf tells a format by a file's first bytes, since wrong names are common.
func formatOf(head []byte) format {
	for _, f := range []struct {
		magic string
		format
	}{
		{"\xff\xd8", format{"JPEG", decodeJPEG}},
		{"GIF8", format{"GIF", decodeGIF}},
		{pngMagic, format{"PNG", decodePNG}},
		{"BM", format{"BMP", decodeBMP}},
	} {
		if bytes.HasPrefix(head, []byte(f.magic)) {
			return f.format
		}
	}
	if bytes.HasPrefix(head, []byte("RIFF")) && len(head) >= 12 && string(head[8:12]) == "WEBP" {
		return format{"WebP", decodeWebP}
	}
	return format{"image", decodeAny}
}

// Decode reads one image from the start of f. A JPEG's EXIF orientation is not
// applied. An error says what is wrong and what to do, but not with which file;
// one of f's own (*fs.PathError from a file) is in its chain.
func Decode(f io.ReadSeeker, o Options) (im *Image, err error) {
	w := &work{Options: o, share: share{budget: o.Budget}}
	data, err := w.read(f)
	if err != nil {
		w.share.keep(0)
		return nil, err
	}
	format := formatOf(data)
	// Decoders have panicked on damaged files before; one bad image must
	// not end a run.
	defer func() {
		if p := recover(); p != nil {
			im, err = nil, fmt.Errorf("%v", p)
		}
		if err == nil && (im.W < 1 || im.H < 1) {
			err = errors.New("it is empty")
		}
		if err != nil {
			w.share.keep(0)
			im, err = nil, format.damaged(err)
			return
		}
		w.share.keep(len(im.Pix))
		im.share = w.share
	}()
	return format.decode(data, w)
}

// damaged says so of a file, unless err says what it is in a sentence of its own.
func (f format) damaged(err error) error {
	if s := (*refusal)(nil); errors.As(err, &s) {
		return s
	}
	return fmt.Errorf("damaged %s (%w): replace or remove it", f.name, err)
}

// read gives the whole file.
func (w *work) read(f io.ReadSeeker) ([]byte, error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, fmt.Errorf("it cannot be read: %w", err)
	}
	w.size = int(size)
	if err := w.share.need(w.size); err != nil {
		return nil, err
	}
	data := make([]byte, size)
	n, err := io.ReadFull(f, data)
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		return nil, fmt.Errorf("it cannot be read: %w", err)
	}
	return data[:n], nil // shorter if it was cut meanwhile
}

func decodeAny(data []byte, o *work) (*Image, error) {
	conf, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, refuse("no readable image (%v): replace or remove it", err)
	}
	if err := o.fits(conf.Width, conf.Height, 8*conf.Width*conf.Height, 0); err != nil {
		return nil, err
	}
	src, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return fromGo(src), nil
}
