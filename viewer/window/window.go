//go:build window

package window

import (
	"context"
	"errors"
	"fmt"
	"image"
	"log"
	"runtime"
	"strings"
	"time"

	"github.com/cogentcore/webgpu/wgpuglfw"
	"github.com/go-gl/glfw/v3.3/glfw"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/viewer"
)

func init() {
	runtime.LockOSThread() // window systems want the process's first thread, which runs main
}

// idle is how often a scene that follows something else is asked whether it has work.
const idle = 250 * time.Millisecond

// A window is one that is open.
type window struct {
	scene  viewer.Scene
	glfw   *glfw.Window
	screen *gpu.Screen

	waiting []viewer.Event // not told to the scene yet
	stale   bool           // the scene's picture is another than the shown one
	exposed bool           // the window lost what it showed, or its size changed
	title   string
	size    image.Point // in pixels
	scale   float64     // of texts: the screen's content scale
	ratio   [2]float64  // pixels per unit of the mouse's position
	mouse   image.Point

	working chan error         // holds what Update returned; nil while nothing is worked on
	cancel  context.CancelFunc // ends the work
}

// Show opens a window of w x h screen units and shows the scene until the user closes it or ctx ends. It has to be called
// by main's goroutine. d is the device that the scene computes on: its adapter draws too where it can. drawn is told which
// adapter does. Where there is no desktop, viewer.ErrNoDisplay is in the error's chain.
func Show(ctx context.Context, scene viewer.Scene, w, h int, d *gpu.Device, drawn func(gpu.Adapter)) error {
	win, err := open(scene, w, h, d)
	if err != nil {
		return err
	}
	defer win.close()
	drawn(win.screen.Adapter)
	return win.loop(ctx)
}

func open(scene viewer.Scene, w, h int, d *gpu.Device) (*window, error) {
	g, err := newWindow(w, h, scene.Title())
	if err != nil {
		return nil, err
	}
	win := &window{scene: scene, glfw: g, stale: true, title: scene.Title()}
	if win.screen, err = gpu.OpenScreen(wgpuglfw.GetSurfaceDescriptor(g), d); err != nil {
		win.close()
		return nil, err
	}
	win.listen()
	win.resized(g.GetFramebufferSize())
	scale, _ := g.GetContentScale()
	win.rescaled(scale)
	return win, nil
}

// newWindow opens a window that nothing draws in yet. Where there is no desktop, GLFW's binding writes to the log and may
// panic: that becomes an error.
func newWindow(w, h int, title string) (g *glfw.Window, err error) {
	var said strings.Builder
	to, flags := log.Writer(), log.Flags()
	log.SetOutput(&said)
	log.SetFlags(0)
	defer func() {
		log.SetOutput(to)
		log.SetFlags(flags)
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
		if err == nil && g != nil {
			return
		}
		if why := strings.TrimSpace(said.String()); why != "" {
			err = errors.New(why)
		}
		glfw.Terminate()
		g, err = nil, fmt.Errorf("%w to open a window on (%v)", viewer.ErrNoDisplay, err)
	}()
	if err := glfw.Init(); err != nil {
		return nil, err
	}
	glfw.WindowHint(glfw.ClientAPI, glfw.NoAPI) // wgpu draws
	return glfw.CreateWindow(w, h, title, nil, nil)
}

func (w *window) close() {
	w.glfw.Hide() // the user is done with it, though the work may need seconds to end
	w.finish()    // the scene's device is about to be closed
	if w.screen != nil {
		w.screen.Close()
	}
	w.glfw.Destroy()
	glfw.Terminate()
}

func (w *window) loop(ctx context.Context) error {
	stop := context.AfterFunc(ctx, glfw.PostEmptyEvent)
	defer stop()
	for !w.glfw.ShouldClose() && !w.scene.Done() && ctx.Err() == nil {
		if err := w.turn(ctx); err != nil {
			return err
		}
		glfw.WaitEventsTimeout(idle.Seconds())
	}
	return nil
}

// turn gives waiting events to the scene, begins or ends its work, and draws if something changed. While the scene works,
// nothing may be asked of it: what was drawn last is shown.
func (w *window) turn(ctx context.Context) error {
	if w.working != nil {
		select {
		case err := <-w.working:
			w.working = nil
			w.cancel()
			if err != nil {
				return err
			}
			w.stale = true
		default:
			return w.keep()
		}
	}
	for _, e := range w.waiting {
		w.stale = w.scene.Event(e) || w.stale
	}
	w.waiting = w.waiting[:0]
	pending := w.scene.Pending()
	if (w.stale || pending || w.exposed) && w.size.X > 0 && w.size.Y > 0 {
		w.stale, w.exposed = false, false
		if err := w.screen.Show(w.scene.Compose(w.size.X, w.size.Y, w.scale)); err != nil {
			return err
		}
	}
	if title := w.scene.Title(); title != w.title {
		w.title = title
		w.glfw.SetTitle(title)
	}
	if pending && !w.scene.Done() {
		w.work(ctx)
	}
	return nil
}

// keep shows what was drawn last where the window lost it or changed its size while the scene works.
func (w *window) keep() error {
	if !w.exposed {
		return nil
	}
	w.exposed = false
	return w.screen.Again()
}

// work lets the scene work beside the window, so that the desktop does not take it for hung.
func (w *window) work(ctx context.Context) {
	ctx, w.cancel = context.WithCancel(ctx)
	done := make(chan error, 1)
	w.working = done
	go func() {
		done <- w.scene.Update(ctx)
		glfw.PostEmptyEvent()
	}()
}

// finish ends work that is going on.
func (w *window) finish() {
	if w.working != nil {
		w.cancel()
		<-w.working
	}
}
