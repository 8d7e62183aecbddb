package desktop

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"strings"
	"time"
)

// A Window is one on a desktop.
type Window struct {
	*Desktop
	id string
}

// Key presses a key by its X name: "s", "plus", "Up", "Prior".
func (w *Window) Key(name string) { w.t.Helper(); w.Run("xdotool", "key", name) }

// Move moves the mouse to a pixel of the window.
func (w *Window) Move(x, y int) {
	w.t.Helper()
	w.Run("xdotool", "mousemove", "--window", w.id, fmt.Sprint(x), fmt.Sprint(y))
}

// The buttons of X's mouse. A notch of the wheel is a button too.
const (
	Left      = 1
	WheelAway = 4 // from the user
	WheelNear = 5
)

// Click presses a button and lets go of it.
func (w *Window) Click(button int) { w.t.Helper(); w.Run("xdotool", "click", fmt.Sprint(button)) }

// Press presses the left button.
func (w *Window) Press() { w.t.Helper(); w.Run("xdotool", "mousedown", fmt.Sprint(Left)) }

// Release lets go of the left button.
func (w *Window) Release() { w.t.Helper(); w.Run("xdotool", "mouseup", fmt.Sprint(Left)) }

// Resize gives the window another size, in pixels.
func (w *Window) Resize(width, height int) {
	w.t.Helper()
	w.Run("xdotool", "windowsize", "--sync", w.id, fmt.Sprint(width), fmt.Sprint(height))
}

// Title waits until this is the window's title.
func (w *Window) Title(want string) {
	w.t.Helper()
	var last string
	for until := time.Now().Add(patience); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		if last = strings.TrimSuffix(w.Run("xdotool", "getwindowname", w.id), "\n"); last == want {
			return
		}
	}
	w.t.Fatalf("the window's title is %q, and should be %q", last, want)
}

// Photo is what the desktop shows of the window.
func (w *Window) Photo() *image.RGBA {
	w.t.Helper()
	dump := []byte(w.Run("xwd", "-silent", "-id", w.id))
	word := func(i int) int { return int(binary.BigEndian.Uint32(dump[4*i:])) }
	head, wide, high, line, colors := word(0), word(4), word(5), word(12), word(19)
	if word(1) != 7 || word(11) != 32 || word(7) != 0 {
		w.t.Fatalf("xwd wrote version %d, %d bits a pixel, byte order %d", word(1), word(11), word(7))
	}
	pixels := dump[head+12*colors:]
	im := image.NewRGBA(image.Rect(0, 0, wide, high))
	for y := range high {
		for x := range wide {
			p := pixels[y*line+4*x:]
			copy(im.Pix[im.PixOffset(x, y):], []byte{p[2], p[1], p[0], 255})
		}
	}
	return im
}

// Shows waits until the window shows this image, pixel for pixel.
func (w *Window) Shows(want *image.RGBA) {
	w.t.Helper()
	var last *image.RGBA
	for until := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		last = w.Photo()
		if last.Rect == want.Rect && bytes.Equal(last.Pix, want.Pix) {
			return
		}
		if time.Now().After(until) {
			break
		}
	}
	if last.Rect != want.Rect {
		w.t.Fatalf("the window has %v, the image %v", last.Rect, want.Rect)
	}
	for i := range want.Pix {
		if last.Pix[i] != want.Pix[i] {
			x, y := i/4%want.Rect.Dx(), i/4/want.Rect.Dx()
			w.t.Fatalf("pixel %d, %d is %v and should be %v", x, y, last.RGBAAt(x, y), want.RGBAAt(x, y))
		}
	}
}
