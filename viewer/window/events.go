//go:build window

package window

import (
	"image"
	"math"

	"github.com/go-gl/glfw/v3.3/glfw"

	"github.com/dinogpu/dinogpu/viewer"
)

// keys are those that write no character.
var keys = map[glfw.Key]viewer.Key{
	glfw.KeyUp: viewer.KeyUp, glfw.KeyDown: viewer.KeyDown, glfw.KeyLeft: viewer.KeyLeft, glfw.KeyRight: viewer.KeyRight,
	glfw.KeyPageUp: viewer.KeyPageUp, glfw.KeyPageDown: viewer.KeyPageDown, glfw.KeyHome: viewer.KeyHome,
	glfw.KeyEscape: viewer.KeyEscape, glfw.KeyF1: viewer.KeyF1,
}

// listen turns what GLFW tells into the scene's events.
func (w *window) listen() {
	w.glfw.SetFramebufferSizeCallback(func(_ *glfw.Window, x, y int) { w.resized(x, y) })
	w.glfw.SetContentScaleCallback(func(_ *glfw.Window, x, _ float32) { w.rescaled(x) })
	w.glfw.SetRefreshCallback(func(*glfw.Window) { w.exposed = true })
	w.glfw.SetIconifyCallback(func(_ *glfw.Window, away bool) { w.iconified(away) })
	w.glfw.SetCharCallback(func(_ *glfw.Window, c rune) { w.tell(viewer.Event{Kind: viewer.KeyPressed, Key: viewer.Key(c)}) })
	w.glfw.SetKeyCallback(func(_ *glfw.Window, k glfw.Key, _ int, a glfw.Action, _ glfw.ModifierKey) { w.pressed(k, a) })
	w.glfw.SetCursorPosCallback(func(_ *glfw.Window, x, y float64) { w.moved(x, y) })
	w.glfw.SetCursorEnterCallback(func(_ *glfw.Window, in bool) {
		if !in {
			w.tell(viewer.Event{Kind: viewer.MouseLeft})
		}
	})
	w.glfw.SetMouseButtonCallback(func(_ *glfw.Window, b glfw.MouseButton, a glfw.Action, _ glfw.ModifierKey) { w.clicked(b, a) })
	w.glfw.SetScrollCallback(func(_ *glfw.Window, _, y float64) {
		w.tell(viewer.Event{Kind: viewer.Scrolled, X: w.mouse.X, Y: w.mouse.Y, Scroll: y})
	})
	w.glfw.SetDropCallback(func(_ *glfw.Window, paths []string) { w.dropped(paths) })
}

// tell keeps an event for the scene. While it works, only where the mouse went last counts.
func (w *window) tell(e viewer.Event) {
	if n := len(w.waiting); e.Kind == viewer.MouseMoved && n > 0 && w.waiting[n-1].Kind == viewer.MouseMoved {
		w.waiting[n-1] = e
		return
	}
	w.waiting = append(w.waiting, e)
}

// resized takes the window's size in pixels; a minimized window may have none.
func (w *window) resized(x, y int) {
	w.size = image.Pt(min(max(0, x), w.screen.Most()), min(max(0, y), w.screen.Most()))
	w.screen.Resize(w.size.X, w.size.Y)
	w.ratio = [2]float64{1, 1}
	if ux, uy := w.glfw.GetSize(); ux > 0 && uy > 0 && x > 0 && y > 0 {
		w.ratio = [2]float64{float64(x) / float64(ux), float64(y) / float64(uy)} // 2 on a screen of high density
	}
	w.stale, w.exposed = true, true
}

// rescaled takes the content scale of the screen that the window is on.
func (w *window) rescaled(scale float32) {
	w.scale = 1
	if s := float64(scale); s > 0 && !math.IsInf(s, 0) {
		w.scale = min(max(s, 0.5), 4)
	}
	w.stale = true
}

// iconified takes whether the window was minimized. One that comes back may have lost its picture.
func (w *window) iconified(away bool) { w.exposed = w.exposed || !away }

func (w *window) pressed(k glfw.Key, a glfw.Action) {
	if key, ok := keys[k]; ok && a != glfw.Release {
		w.tell(viewer.Event{Kind: viewer.KeyPressed, Key: key})
	}
}

func (w *window) moved(x, y float64) {
	w.mouse = image.Pt(int(math.Floor(x*w.ratio[0])), int(math.Floor(y*w.ratio[1])))
	w.tell(viewer.Event{Kind: viewer.MouseMoved, X: w.mouse.X, Y: w.mouse.Y})
}

func (w *window) clicked(b glfw.MouseButton, a glfw.Action) {
	if b != glfw.MouseButtonLeft {
		return
	}
	kind := viewer.MousePressed
	if a == glfw.Release {
		kind = viewer.MouseReleased
	}
	w.tell(viewer.Event{Kind: kind, X: w.mouse.X, Y: w.mouse.Y})
}

func (w *window) dropped(paths []string) {
	w.tell(viewer.Event{Kind: viewer.Dropped, Paths: paths})
}
