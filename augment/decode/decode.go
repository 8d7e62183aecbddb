package decode

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Options says how to decode. The zero value decodes at full size.
type Options struct {
	// Shrink, if set, is asked once an image's size is known.
	Shrink Shrink
	// Budget, if set, bounds the memory of all that decode at once.
	Budget *Budget
	// Range, if set, says which values of samples with more than 8 bits, or of
	// signed and float ones, become 0 and 255. Without it 16-bit samples keep their
	// upper 8 bits, and those without a natural range are refused.
	Range *Range
	// Upright turns an image as its EXIF says that the camera was held. Training does
	// without, as the reference does.
	Upright bool
}

// Shrink tells how many times smaller than its w x h pixels an image may be
// decoded: 1, 2, 4 or 8. It may always be given back larger.
type Shrink func(w, h int) int

// work is one image's decoding.
type work struct {
	Options
	share share
	size  int     // the file's, in bytes
	as    colorOf // what a JPEG's first planes are, inside another format
}

// format is one that is read: its name, and what decodes a whole file of it.
type format struct {
	name   string
	decode func(data []byte, o *work) (*Image, error)
}

// formatOf tells a format by a file's first bytes, since wrong names are common.
// It is false for one that is not read.
func formatOf(head []byte) (format, bool) {
	for _, f := range []struct {
		magic string
		format
	}{
		{"\xff\xd8", format{"JPEG", decodeJPEG}},
		{"GIF8", format{"GIF", decodeGIF}},
		{pngMagic, format{"PNG", decodePNG}},
		{"BM", format{"BMP", decodeBMP}},
		{"II*\x00", format{"TIFF", decodeTIFF}},
		{"MM\x00*", format{"TIFF", decodeTIFF}},
		{"II+\x00", format{"TIFF", decodeTIFF}}, // BigTIFF
		{"MM\x00+", format{"TIFF", decodeTIFF}},
	} {
		if bytes.HasPrefix(head, []byte(f.magic)) {
			return f.format, true
		}
	}
	if bytes.HasPrefix(head, []byte("RIFF")) && len(head) >= 12 && string(head[8:12]) == "WEBP" {
		return format{"WebP", decodeWebP}, true
	}
	return format{}, false
}

// Decode reads one image from the start of f. The EXIF orientation is applied
// only if o says so. An error says what is wrong and what to do, but not with which file;
// one of f's own (*fs.PathError from a file) is in its chain.
func Decode(f io.ReadSeeker, o Options) (im *Image, err error) {
	w := &work{Options: o, share: share{budget: o.Budget}}
	data, err := w.read(f)
	if err != nil {
		w.share.keep(0)
		return nil, err
	}
	format, ok := formatOf(data)
	if !ok {
		w.share.keep(0)
		return nil, unknown(data)
	}
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
		if o.Upright {
			im = turned(im, orientation(data, format.name))
		}
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
