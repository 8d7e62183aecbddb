package eval

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// wantLabels says what a mask is to be.
const wantLabels = "give a palette or gray PNG of at most 8 bits, whose values are the objects (0 background, 255 void)"

// errDamagedMask is in the chain of errors of a mask that is of the right kind and cannot be decoded.
var errDamagedMask = errors.New("it is damaged")

// A labelsHead is what a mask's first bytes say.
type labelsHead struct{ w, h, depth int }

// mostLabels bounds the pixels of a mask.
const mostLabels = 1 << 28

// readLabelsHead reads them, and refuses a file that is no mask. Its errors do not name the file.
func readLabelsHead(f io.Reader, size int64) (labelsHead, error) {
	head := make([]byte, 33)
	n, err := io.ReadFull(f, head)
	switch {
	case err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		return labelsHead{}, disk.Cause(err)
	case n < 8 || string(head[:8]) != "\x89PNG\r\n\x1a\n":
		return labelsHead{}, errors.New("it is no PNG: " + wantLabels)
	case n < len(head) || string(head[12:16]) != "IHDR":
		return labelsHead{}, fmt.Errorf("%w: its header is cut", errDamagedMask)
	}
	w, h, depth := binary.BigEndian.Uint32(head[16:]), binary.BigEndian.Uint32(head[20:]), int(head[24])
	switch kind := head[25]; {
	case kind == 2 || kind == 6:
		return labelsHead{}, errors.New("it is an RGB image, whose colors name no objects: " + wantLabels)
	case kind != 0 && kind != 3:
		return labelsHead{}, errors.New("it has a transparency channel: " + wantLabels)
	case depth > 8:
		return labelsHead{}, fmt.Errorf("it has %d bits a pixel, and labels go up to 255: %s", depth, wantLabels)
	case depth != 1 && depth != 2 && depth != 4 && depth != 8:
		return labelsHead{}, fmt.Errorf("%w: %d bits a pixel", errDamagedMask, depth)
	}
	row := (uint64(w)*uint64(depth) + 7) / 8
	const deflatesMost = 1032
	if w == 0 || h == 0 || uint64(w)*uint64(h) > mostLabels || (row+1)*uint64(h) > deflatesMost*uint64(size) {
		return labelsHead{}, fmt.Errorf("%w: it says it is %d x %d pixels and has %d bytes", errDamagedMask, w, h, size)
	}
	return labelsHead{int(w), int(h), depth}, nil
}

// checkLabels refuses a file that is no mask by its first bytes.
func checkLabels(path string) error {
	f, size, err := disk.OpenRegular(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := readLabelsHead(f, size); err != nil && !errors.Is(err, errDamagedMask) {
		return fmt.Errorf("mask %s: %w", disk.Quote(path), err)
	}
	return nil
}

// readLabels reads a mask, (h, w): the entries of a palette PNG or the values of a gray one, as they stand in the file
// whatever its bits a pixel. Errors name the file.
func readLabels(path string) (labels []uint8, w, h int, err error) {
	f, size, err := disk.OpenRegular(path)
	if err != nil {
		return nil, 0, 0, err
	}
	defer f.Close()
	if labels, w, h, err = decodeLabels(f, size); err != nil {
		return nil, 0, 0, fmt.Errorf("mask %s: %w", disk.Quote(path), err)
	}
	return labels, w, h, nil
}

func decodeLabels(f *os.File, size int64) ([]uint8, int, int, error) {
	head, err := readLabelsHead(f, size)
	if err != nil {
		return nil, 0, 0, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, 0, 0, disk.Cause(err)
	}
	im, err := png.Decode(bufio.NewReader(f))
	if err != nil {
		return nil, 0, 0, fmt.Errorf("%w: %w", errDamagedMask, err)
	}
	switch im := im.(type) {
	case *image.Paletted:
		return im.Pix, head.w, head.h, nil
	case *image.Gray:
		if step := uint8(255 / (1<<head.depth - 1)); step > 1 { // the decoder spreads few bits over 0 to 255
			for i := range im.Pix {
				im.Pix[i] /= step
			}
		}
		return im.Pix, head.w, head.h, nil
	}
	return nil, 0, 0, errors.New("one of its grays stands for transparency: " + wantLabels)
}
