//go:build window

package window

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-gl/glfw/v3.3/glfw"

	"github.com/dinogpu/dinogpu/viewer"
)

// A window belongs to a process's first thread, which go test does not give to tests: the test's own program, started
// again, opens it, says what happens and does what it is told.
func TestMain(m *testing.M) {
	if os.Getenv("DINOGPU_TEST_WINDOW") == "" {
		os.Exit(m.Run())
	}
	if err := child(); err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
}

// stripes is a scene of one color per event that it was told, and writes down all that it is asked.
type stripes struct {
	events  int
	pending int // updates that are wanted
	slow    time.Duration
	updates int
	done    bool
	drawn   image.Point
	scale   float64
}

func (s *stripes) Title() string { return fmt.Sprintf("stripes %d", s.events) }
func (s *stripes) Pending() bool { return s.pending > 0 }
func (s *stripes) Done() bool    { return s.done }

func (s *stripes) Event(e viewer.Event) bool {
	s.events++
	s.done = e.Kind == viewer.KeyPressed && e.Key == 'q'
	text, _ := json.Marshal(e)
	fmt.Printf("event %s\n", text)
	return true
}

func (s *stripes) Update(ctx context.Context) error {
	s.pending--
	s.updates++
	select {
	case <-time.After(s.slow):
	case <-ctx.Done():
	}
	return ctx.Err()
}

// Compose draws what no other size, scale or number of events draws.
func (s *stripes) Compose(w, h int, scale float64) *image.RGBA {
	s.drawn, s.scale = image.Pt(w, h), scale
	return striped(w, h, s.events+s.updates)
}

func striped(w, h, n int) *image.RGBA {
	im := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			im.SetRGBA(x, y, color.RGBA{uint8(x), uint8(y), uint8(37 * n), 255})
		}
	}
	return im
}

// child shows stripes and reads commands, a line each.
func child() error {
	s := &stripes{}
	w, err := open(s, 400, 300, nil)
	if err != nil {
		return err
	}
	defer w.close()
	fmt.Println("drawn by", w.screen.Adapter.Name)
	lines := make(chan string)
	go func() {
		for in := bufio.NewScanner(os.Stdin); in.Scan(); {
			lines <- in.Text()
			glfw.PostEmptyEvent()
		}
		close(lines)
	}()
	for !s.done && !w.glfw.ShouldClose() {
		select {
		case line, ok := <-lines:
			if !ok {
				return nil
			}
			w.command(s, line)
		default:
		}
		if err := w.turn(context.Background()); err != nil {
			return err
		}
		glfw.WaitEventsTimeout(0.02)
	}
	fmt.Println("closed")
	return nil
}

func (w *window) command(s *stripes, line string) {
	words := strings.Fields(line)
	n := func(i int) int { v, _ := strconv.Atoi(words[i]); return v }
	switch words[0] {
	case "scale":
		v, _ := strconv.ParseFloat(words[1], 32)
		w.rescaled(float32(v))
	case "size": // as a minimized window tells it
		w.resized(n(1), n(2))
	case "minimize":
		w.iconified(n(1) == 1)
	case "close": // as the desktop asks for it
		w.glfw.SetShouldClose(true)
	case "drop":
		w.dropped(words[1:])
	case "work":
		s.pending, s.slow = n(1), time.Duration(n(2))*time.Millisecond
	case "frames": // shown one after another, without waiting for events
		for range n(1) {
			w.stale = true
			if err := w.turn(context.Background()); err != nil {
				fmt.Println("error", err)
			}
		}
	}
	fmt.Printf("state %s events %d updates %d drawn %dx%d scale %g working %v kib %d\n",
		words[0], s.events, s.updates, s.drawn.X, s.drawn.Y, s.scale, w.working != nil, resident())
}

// resident is the process's memory in KiB.
func resident() int {
	runtime.GC()
	text, _ := os.ReadFile("/proc/self/statm")
	words := strings.Fields(string(text))
	if len(words) < 2 {
		return 0
	}
	pages, _ := strconv.Atoi(words[1])
	return pages * os.Getpagesize() / 1024
}
