package decode

import (
	"bytes"
	"errors"
	"fmt"
)

// An Animation is a GIF's frames, each as it stands on the canvas. Its methods are
// not for several goroutines at once.
type Animation struct {
	data   []byte
	delays []int

	reader *gifReader // behind frame at
	at     int        // -1: before the first
	canvas *Image     // what the next frame is drawn on
	shown  *Image
}

// mostFrames bounds an animation.
const mostFrames = 100_000

// OpenAnimation takes the whole of a GIF file and counts its frames. ok is false for
// a file of another kind. Frames behind damage are left out; the first has to be
// whole.
func OpenAnimation(data []byte) (a *Animation, ok bool, err error) {
	if !bytes.HasPrefix(data, []byte("GIF8")) {
		return nil, false, nil
	}
	fail := func(err error) (*Animation, bool, error) {
		return nil, true, format{name: "GIF"}.damaged(err)
	}
	a = &Animation{data: data, at: -1}
	g := &gifReader{data: data}
	if err := g.header(); err != nil {
		return fail(err)
	}
	for len(a.delays) < mostFrames && g.frame() == nil {
		a.delays = append(a.delays, g.delay)
		if g.skip() != nil {
			break
		}
	}
	if len(a.delays) == 0 {
		return fail(errNoFrame)
	}
	if _, err := a.Frame(0); err != nil {
		return nil, true, err
	}
	return a, true, nil
}

// Len is the number of frames.
func (a *Animation) Len() int { return len(a.delays) }

// Delay is how long frame i is shown, in hundredths of a second; 0 where the file
// leaves it open.
func (a *Animation) Delay(i int) int { return a.delays[i] }

// Frame gives frame i. Those between the last one given and i are unpacked on the way;
// going back begins anew.
func (a *Animation) Frame(i int) (*Image, error) {
	if i < a.at || a.at < 0 {
		if err := a.rewind(); err != nil {
			return nil, format{name: "GIF"}.damaged(err)
		}
	}
	for a.at < i {
		if err := a.next(); err != nil {
			return nil, format{name: "GIF"}.damaged(fmt.Errorf("frame %d: %w", a.at+2, err))
		}
	}
	return &Image{W: a.shown.W, H: a.shown.H, Pix: bytes.Clone(a.shown.Pix)}, nil
}

// rewind draws the first frame.
func (a *Animation) rewind() error {
	a.reader, a.at, a.shown = &gifReader{data: a.data}, -1, nil
	if err := a.reader.header(); err != nil {
		return err
	}
	return a.next()
}

// next draws the frame behind the one that is shown.
func (a *Animation) next() error {
	g := a.reader
	if err := g.frame(); err != nil {
		return err
	}
	first := a.at < 0
	if first {
		g.w, g.h = max(g.w, g.left+g.fw), max(g.h, g.top+g.fh)
		w := &work{size: len(a.data)}
		// canvas, what is shown, and a copy that is given
		if err := w.fits(g.w, g.h, 6*g.w*g.h, 4096); err != nil {
			return err
		}
		a.canvas = NewImage(g.w, g.h)
		for p := a.canvas.Pix; len(p) > 0; p = p[3:] {
			copy(p, g.colors[g.around][:])
		}
	}
	if g.fw > g.w || g.fh > g.h {
		return errors.New("it is larger than the canvas")
	}
	pix, err := g.pixels()
	if err != nil {
		return err
	}
	if err := g.skip(); err != nil && !errors.Is(err, errCut) {
		return err
	}
	// What comes next is drawn on this, on what was before, or on nothing.
	before := a.canvas
	a.shown = &Image{W: g.w, H: g.h, Pix: bytes.Clone(before.Pix)}
	g.draw(a.shown, pix, first)
	switch g.disposal {
	case 2:
		a.canvas = &Image{W: g.w, H: g.h, Pix: bytes.Clone(a.shown.Pix)}
		g.erase(a.canvas)
	case 3:
	default:
		a.canvas = a.shown
	}
	a.at++
	return nil
}

// draw lays the frame on im. In the first one, transparent pixels keep the color that
// they are stored with, as Decode has it.
func (g *gifReader) draw(im *Image, pix []uint8, first bool) {
	for i, y := range g.rows() {
		for x, v := range pix[i*g.fw:][:g.fw] {
			if g.top+y < im.H && g.left+x < im.W && (first || int(v) != g.clear) {
				copy(im.Pix[3*((g.top+y)*im.W+g.left+x):][:3], g.colors[v][:])
			}
		}
	}
}

// erase fills the frame's place with the canvas's own color.
func (g *gifReader) erase(im *Image) {
	for y := g.top; y < min(g.top+g.fh, im.H); y++ {
		for x := g.left; x < min(g.left+g.fw, im.W); x++ {
			copy(im.Pix[3*(y*im.W+x):][:3], g.shared[g.around][:])
		}
	}
}

// skip passes over what is left of the frame's codes.
func (g *gifReader) skip() error {
	for g.block = nil; !g.ended; {
		n, err := g.take(1)
		if err != nil {
			return err
		}
		g.ended = n[0] == 0
		if _, err := g.take(int(n[0])); err != nil {
			return err
		}
	}
	return nil
}
