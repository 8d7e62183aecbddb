package viewer

import (
	"context"
	"errors"
	"image"
)

// ErrNoDisplay is in the chain of an error where there is no desktop to show a window on.
var ErrNoDisplay = errors.New("no display")

// A Scene is a picture that answers to keys and mouse. A window shows what Compose draws, pixel for pixel, and hands on
// what happens in it; the scene knows no window. All methods belong to one goroutine.
//
// A window's turn: hand every event to Event. If one of them changed something, Compose and show. While Pending, call
// Update, then Compose and show again. Where nothing changed and nothing is pending, nothing needs to be drawn. Pending
// is asked at least twice a second, since a scene may follow a run that trains.
type Scene interface {
	// Title is what stands over the window. It may change with every event and update.
	Title() string

	// Event tells the scene what happened, and whether its picture is another now.
	Event(e Event) (changed bool)

	// Pending tells whether Update has work: a network to run, an image to read. Compose before it shows what is there,
	// and says that work goes on.
	Pending() bool

	// Update does that work, which may take from milliseconds to minutes. What is wrong with an image stands in the
	// picture; an error is of the device or ctx, and ends the window.
	Update(ctx context.Context) error

	// Compose draws the picture of w x h pixels. Text and gaps are scale times their usual size: the screen's content
	// scale, 1 where pixels are large. The picture is the scene's and good until the next Compose. Any size is taken, and
	// makes a picture of at least 1 x 1.
	Compose(w, h int, scale float64) *image.RGBA

	// Done tells that the user asked to close the window.
	Done() bool
}

// An Event is one thing that happened in a window. X and Y are pixels of the composed picture, from its top left corner.
type Event struct {
	Kind   EventKind
	Key    Key      // KeyPressed
	X, Y   int      // MouseMoved, MousePressed, MouseReleased, Scrolled
	Scroll float64  // Scrolled: notches, above 0 away from the user
	Paths  []string // Dropped: the files
}

// An EventKind says what happened.
type EventKind int

// What can happen. Size and content scale are no events: Compose is told them.
const (
	KeyPressed    EventKind = iota // also again while a key is held
	MouseMoved                     // also while the button is held
	MousePressed                   // the left button
	MouseReleased                  // the left button
	MouseLeft                      // the mouse went out of the window
	Scrolled
	Dropped // files were dragged onto the window
)

// A Key is the character that a key writes, such as '1', '+' or '?', or one of the keys below, which write none. A window
// hands on the character of the user's keyboard layout.
type Key rune

// Keys that write no character. The numbers lie beyond Unicode's.
const (
	KeyUp Key = 0x110000 + iota
	KeyDown
	KeyLeft
	KeyRight
	KeyPageUp
	KeyPageDown
	KeyHome
	KeyEscape
	KeyF1
)
