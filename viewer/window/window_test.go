//go:build window

package window

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/testdata/desktop"
	"github.com/dinogpu/dinogpu/viewer"
)

// event reads what the scene was told.
func (s *shown) event() viewer.Event {
	s.t.Helper()
	var e viewer.Event
	if err := json.Unmarshal([]byte(strings.TrimPrefix(s.wait("event "), "event ")), &e); err != nil {
		s.t.Fatal(err)
	}
	return e
}

// Real keys and mouse reach the scene, and what it draws is what the desktop shows.
func TestWindow(t *testing.T) {
	s := show(t)
	s.Shows(striped(400, 300, 0))

	s.Move(120, 45)
	if e := s.event(); e.Kind != viewer.MouseMoved || e.X != 120 || e.Y != 45 {
		t.Errorf("the mouse moved: %+v", e)
	}
	s.Click(desktop.Left)
	for _, kind := range []viewer.EventKind{viewer.MousePressed, viewer.MouseReleased} {
		if e := s.event(); e.Kind != kind || e.X != 120 || e.Y != 45 {
			t.Errorf("a click: %+v", e)
		}
	}
	s.Click(desktop.WheelAway)
	if e := s.event(); e.Kind != viewer.Scrolled || e.Scroll != 1 || e.X != 120 {
		t.Errorf("the wheel: %+v", e)
	}
	s.Shows(striped(400, 300, 4))
	for key, want := range map[string]viewer.Key{"3": '3', "plus": '+', "question": '?', "Up": viewer.KeyUp, "Prior": viewer.KeyPageUp, "Escape": viewer.KeyEscape} {
		s.Key(key)
		if e := s.event(); e.Kind != viewer.KeyPressed || e.Key != want {
			t.Errorf("key %s: %+v", key, e)
		}
	}
	s.Shows(striped(400, 300, 10))
	s.tell("drop /a/one.jpg /b/two.png")
	if e := s.event(); e.Kind != viewer.Dropped || len(e.Paths) != 2 || e.Paths[1] != "/b/two.png" {
		t.Errorf("dropped: %+v", e)
	}
	s.Shows(striped(400, 300, 11))
	s.Title("stripes 11")
	s.Key("q")
	s.wait("closed")
}

// A window of any size shows the picture made for that size.
func TestResize(t *testing.T) {
	s := show(t)
	for _, size := range [][2]int{{731, 402}, {64, 48}, {1390, 990}, {400, 300}} {
		s.Resize(size[0], size[1])
		s.Shows(striped(size[0], size[1], 0))
	}
	// what a minimized window tells is not drawn, and what it needs comes back with it
	if state := s.tell("size 0 0"); !strings.Contains(state, "drawn 400x300") {
		t.Error(state)
	}
	s.tell("minimize 1")
	s.tell("minimize 0")
	s.tell("size 400 300")
	s.Shows(striped(400, 300, 0))
	s.Key("q")
	s.wait("closed")
}

// A screen of high density: the picture is told, and the mouse stands where its pixel is.
func TestScale(t *testing.T) {
	s := show(t)
	s.Shows(striped(400, 300, 0))
	for text, want := range map[string]string{"2": "scale 2 ", "1.5": "scale 1.5 ", "0": "scale 1 ", "nan": "scale 1 ", "100": "scale 4 "} {
		s.tell("scale %s", text)
		s.tell("frames 1")
		if state := s.tell("minimize 0"); !strings.Contains(state, want) {
			t.Errorf("scale %s: %s", text, state)
		}
	}
	s.tell("size 800 600") // of a window of 400 x 300 screen units
	s.Move(120, 45)
	if e := s.event(); e.X != 240 || e.Y != 90 {
		t.Errorf("the mouse moved: %+v", e)
	}
	s.Key("q")
	s.wait("closed")
}

// While the scene works, the window lives: events wait, a new size shows the last picture, and closing ends the work.
func TestWork(t *testing.T) {
	s := show(t)
	s.Shows(striped(400, 300, 0))
	s.tell("work 1 1500")
	s.Key("a")
	if state := s.tell("minimize 0"); !strings.Contains(state, "working true") || !strings.Contains(state, "events 0") {
		t.Error(state)
	}
	if e := s.event(); e.Key != 'a' {
		t.Errorf("after the work: %+v", e)
	}
	s.Shows(striped(400, 300, 2))
	s.tell("work 1 3600000")
	fmt.Fprintln(s.in, "close")
	s.wait("closed")
}

// Frames leave nothing behind but what the binding does, 0.8 KiB each.
func TestMemory(t *testing.T) {
	s := show(t)
	kib := func(state string) (n int) {
		fmt.Sscan(state[strings.LastIndex(state, " ")+1:], &n)
		return n
	}
	const frames = 10_000
	before := kib(s.tell("frames 500"))
	after := kib(s.tell("frames %d", frames))
	grown := float64(after-before) / frames
	t.Logf("%.2f KiB a frame", grown)
	if before == 0 || grown > 1 {
		t.Errorf("from %d to %d KiB over %d frames", before, after, frames)
	}
	s.Key("q")
	s.wait("closed")
}
