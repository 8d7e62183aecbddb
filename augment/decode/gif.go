package decode

import (
	"compress/lzw"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A GIF is taken apart here, and its pixels unpacked by compress/lzw: image/gif
// refuses much that browsers and Pillow read, crops an image to its first frame,
// and forgets the color beneath a transparent pixel.

// decodeGIF gives a GIF's first frame on its canvas. Transparent pixels keep the
// color that they are stored with, and so does the canvas around the frame.
func decodeGIF(data []byte, o *work) (*Image, error) {
	g := &gifReader{data: data}
	if err := g.header(); err != nil {
		return nil, err
	}
	if err := g.frame(); err != nil {
		return nil, err
	}
	g.w, g.h = max(g.w, g.left+g.fw), max(g.h, g.top+g.fh) // one that sticks out
	if err := o.fits(g.w, g.h, g.fw*g.fh, 4096); err != nil {
		return nil, err
	}
	pix, err := g.pixels()
	if err != nil {
		return nil, err
	}
	im := NewImage(g.w, g.h)
	around := g.colors[g.around]
	for p := im.Pix; len(p) > 0; p = p[3:] {
		copy(p, around[:])
	}
	for i, y := range g.rows() {
		row := im.Pix[3*((g.top+y)*g.w+g.left):]
		for x, v := range pix[i*g.fw:][:g.fw] {
			copy(row[3*x:], g.colors[v][:])
		}
	}
	return im, nil
}

// pixels unpacks the frame at hand: an index of colors for each pixel, in the order
// of rows.
func (g *gifReader) pixels() ([]uint8, error) {
	if g.bits < 2 || g.bits > 8 {
		return nil, fmt.Errorf("codes of %d bits", g.bits)
	}
	pix := make([]uint8, g.fw*g.fh)
	if _, err := io.ReadFull(lzw.NewReader(g, lzw.LSB, g.bits), pix); err != nil {
		return nil, fmt.Errorf("its pixels: %w", err)
	}
	return pix, nil
}

// gifReader reads a GIF up to a frame, and then is that frame's codes.
type gifReader struct {
	data   []byte  // what is not read yet
	block  []byte  // the rest of the block at hand
	ended  bool    // the frame's last block is behind
	w, h   int     // the canvas
	around int     // the index that fills it
	shared palette // the file's
	colors palette // the frame's

	left, top, fw, fh int // the frame
	interlaced        bool
	bits              int // of its shortest codes
	clear             int // the index that is transparent in it, -1 for none
	disposal, delay   int // what becomes of it, and when, in hundredths of a second
}

// take gives the next n bytes.
func (g *gifReader) take(n int) ([]byte, error) {
	if len(g.data) < n {
		return nil, errCut
	}
	b := g.data[:n]
	g.data = g.data[n:]
	return b, nil
}

// readPalette reads one if flags say so.
func (g *gifReader) readPalette(to *palette, flags byte) error {
	if flags&0x80 == 0 {
		return nil
	}
	b, err := g.take(3 << (flags&7 + 1))
	if err != nil {
		return err
	}
	clear(to[:])
	for i := range len(b) / 3 {
		copy(to[i][:], b[3*i:])
	}
	to.fill(len(b) / 3)
	return nil
}

// gifSize reads two numbers of 16 bits.
func gifSize(b []byte) (int, int) {
	return int(binary.LittleEndian.Uint16(b)), int(binary.LittleEndian.Uint16(b[2:]))
}

// header reads the canvas and the file's palette.
func (g *gifReader) header() error {
	g.shared.fill(0)
	head, err := g.take(13)
	if err != nil {
		return err
	}
	g.w, g.h = gifSize(head[6:])
	return g.readPalette(&g.shared, head[10])
}

// errNoFrame is what frame returns behind the last one.
var errNoFrame = errors.New("no image in it")

// frame reads up to the next frame's codes.
func (g *gifReader) frame() error {
	g.colors, g.clear, g.disposal, g.delay = g.shared, -1, 0, 0
	g.block, g.ended = nil, false
	for {
		b, err := g.take(1)
		if err != nil {
			return err
		}
		switch b[0] {
		case ';':
			return errNoFrame
		case '!':
			if err := g.extension(); err != nil {
				return err
			}
		case ',':
			b, err := g.take(9)
			if err != nil {
				return err
			}
			g.left, g.top = gifSize(b)
			g.fw, g.fh = gifSize(b[4:])
			g.interlaced = b[8]&0x40 != 0
			if err := g.readPalette(&g.colors, b[8]); err != nil {
				return err
			}
			if b, err = g.take(1); err != nil {
				return err
			}
			g.bits = int(b[0])
			return nil
		}
	}
}

// extension passes over one, but for what it says of the next frame.
func (g *gifReader) extension() error {
	label, err := g.take(1)
	if err != nil {
		return err
	}
	for first := true; ; first = false {
		n, err := g.take(1)
		if err != nil {
			return err
		}
		b, err := g.take(int(n[0]))
		if err != nil {
			return err
		}
		if len(b) == 0 {
			return nil
		}
		if first && label[0] == 0xf9 && len(b) == 4 {
			g.clear, g.disposal = -1, int(b[0]>>2&7)
			g.delay = int(binary.LittleEndian.Uint16(b[1:]))
			if b[0]&1 != 0 {
				g.around, g.clear = int(b[3]), int(b[3])
			}
		}
	}
}

// ReadByte gives the next byte of the frame's blocks.
func (g *gifReader) ReadByte() (byte, error) {
	if len(g.block) == 0 {
		n, err := g.take(1)
		if err != nil || n[0] == 0 {
			g.ended = true
			return 0, io.EOF
		}
		if g.block, err = g.take(min(int(n[0]), len(g.data))); err != nil || len(g.block) == 0 {
			return 0, io.EOF
		}
	}
	b := g.block[0]
	g.block = g.block[1:]
	return b, nil
}

// Read makes it an io.Reader, which lzw asks for beside ReadByte.
func (g *gifReader) Read(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		if p[n], err = g.ReadByte(); err == nil {
			n++
		}
	}
	return n, err
}

// rows gives the frame's rows in the order that they are stored in.
func (g *gifReader) rows() []int {
	rows := make([]int, 0, g.fh)
	if !g.interlaced {
		for y := range g.fh {
			rows = append(rows, y)
		}
		return rows
	}
	for _, pass := range [][2]int{{0, 8}, {4, 8}, {2, 4}, {1, 2}} {
		for y := pass[0]; y < g.fh; y += pass[1] {
			rows = append(rows, y)
		}
	}
	return rows
}
