//go:build window && unix

package main

import (
	"bytes"
	"context"
	"image"
	"image/draw"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
	"github.com/dinogpu/dinogpu/testdata/desktop"
	"github.com/dinogpu/dinogpu/viewer"
	"github.com/dinogpu/dinogpu/viewer/explore"
)

// A viewed is dinogpu view as a process of its own, its window on a desktop, and a twin of its scene in this process. The
// twin is told what the window is told, and says what has to be shown.
type viewed struct {
	*desktop.Window
	t       *testing.T
	dir     string // in which it runs
	cmd     *exec.Cmd
	stderr  *bytes.Buffer
	stopped chan struct{}
	twin    *explore.Explorer
	size    image.Point
	scale   float64
	page    *image.RGBA // that is shown
}

// view starts it with images and flags that say what o says, of weights at a path.
func view(t *testing.T, d *desktop.Desktop, path string, o explore.Options, flags ...string) *viewed {
	t.Helper()
	v := &viewed{t: t, dir: t.TempDir(), size: image.Pt(windowWidth, windowHeight), scale: 1, stopped: make(chan struct{})}
	v.twin = twin(t, path, o)
	v.cmd, v.stderr = child("", append(append([]string{"view"}, o.Images...), flags...)...)
	v.cmd.Dir, v.cmd.Env = v.dir, append(d.Environ(), dinogpuChild+"=no")
	if err := v.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var ended atomic.Bool
	go func() {
		v.cmd.Wait()
		ended.Store(true)
		close(v.stopped)
	}()
	t.Cleanup(func() {
		v.cmd.Process.Kill()
		<-v.stopped
		if t.Failed() {
			t.Logf("dinogpu said: %s", v.stderr)
		}
	})
	v.Window = d.Find("dinogpu view", ended.Load)
	return v
}

// twin is an explorer as view makes one for its window.
func twin(t *testing.T, path string, o explore.Options) *explore.Explorer {
	t.Helper()
	var err error
	if o.Model, err = weights.Open(path, weights.Options{}); err != nil {
		t.Fatal(err)
	}
	if o.Device, err = gpu.Open(os.Getenv("DINOGPU_ADAPTER")); err != nil {
		t.Fatalf("this test needs a GPU or a software Vulkan driver: %v", err)
	}
	t.Cleanup(o.Device.Close)
	o.Target, o.Role, o.Features = o.Device.Target(), weights.RoleTeacher, true
	if o.Threshold == 0 {
		o.Threshold = 0.6
	}
	o.Keep = func(*image.RGBA) (string, error) { return filepath.Join(saveFolder, "page-001.png"), nil }
	e, err := explore.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// shows waits until the window shows what the twin does after these events, pixel for pixel, under the twin's title.
func (v *viewed) shows(events ...viewer.Event) {
	v.t.Helper()
	for _, e := range events {
		v.twin.Event(e)
	}
	for v.twin.Pending() {
		if err := v.twin.Update(context.Background()); err != nil {
			v.t.Fatal(err)
		}
	}
	page := v.twin.Compose(v.size.X, v.size.Y, v.scale)
	v.page = &image.RGBA{Pix: bytes.Clone(page.Pix), Stride: page.Stride, Rect: page.Rect}
	v.Shows(v.page)
	v.Title(v.twin.Title())
}

// changes is shows for events that have to change the picture.
func (v *viewed) changes(what string, events ...viewer.Event) {
	v.t.Helper()
	before := v.page
	v.shows(events...)
	if before.Rect == v.page.Rect && bytes.Equal(before.Pix, v.page.Pix) {
		v.t.Errorf("%s: the picture is as before", what)
	}
}

// key presses a key, which has to change the picture.
func (v *viewed) key(name string, k viewer.Key) {
	v.t.Helper()
	v.Key(name)
	v.changes("key "+name, viewer.Event{Kind: viewer.KeyPressed, Key: k})
}

// at is where a part of the image lies in the window now, from 0 to 1 each, before it is enlarged.
func (v *viewed) at(x, y float64) image.Point {
	p := v.twin.Places().Main
	return image.Pt(p.Min.X+int(x*float64(p.Dx())), p.Min.Y+int(y*float64(p.Dy())))
}

// move moves the mouse.
func (v *viewed) move(to image.Point) viewer.Event {
	v.t.Helper()
	v.Move(to.X, to.Y)
	return viewer.Event{Kind: viewer.MouseMoved, X: to.X, Y: to.Y}
}

// at is what the mouse does at a pixel.
func at(kind viewer.EventKind, p image.Point) viewer.Event {
	return viewer.Event{Kind: kind, X: p.X, Y: p.Y}
}

func middle(r image.Rectangle) image.Point { return r.Min.Add(r.Max).Div(2) }

func same(t *testing.T, what string, got, want *image.RGBA) {
	t.Helper()
	if got.Rect != want.Rect || !bytes.Equal(got.Pix, want.Pix) {
		t.Errorf("%s: not the same picture", what)
	}
}

func readRGBA(t *testing.T, path string) *image.RGBA {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	im, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	out := image.NewRGBA(im.Bounds())
	draw.Draw(out, out.Rect, im, im.Bounds().Min, draw.Src)
	return out
}

// ends waits for the process's end, with this status.
func (v *viewed) ends(code int) {
	v.t.Helper()
	select {
	case <-v.stopped:
	case <-time.After(time.Minute):
		v.cmd.Process.Signal(syscall.SIGQUIT) // its stacks, to where it speaks
		<-v.stopped
		v.t.Fatal("dinogpu does not end")
	}
	if got := v.cmd.ProcessState.ExitCode(); got != code || strings.Contains(v.stderr.String(), "panic") {
		v.t.Errorf("it ended with %d, not %d: %s", got, code, v.stderr)
	}
}

// tinyWeights writes a random network of three blocks and three heads, patches of 8 pixels, made for images of 32.
func tinyWeights(t *testing.T) (path string) {
	t.Helper()
	v := layers.ViTConfig{ImageSize: 32, Patch: 8, Dim: 48, Depth: 3, Heads: 3}
	l := &layers.Params{}
	v.AddParams(l, "")
	state := uint32(1)
	var tensors []layers.HostTensor
	for _, p := range l.List {
		n := 1
		for _, s := range p.Shape {
			n *= s
		}
		x := layers.HostTensor{Name: p.Name, Shape: p.Shape, Values: make([]float32, n)}
		for i := range x.Values {
			state = state*1664525 + 1013904223
			x.Values[i] = float32(state>>8)/(1<<24) - 0.5
			if strings.Contains(p.Name, "norm") && strings.HasSuffix(p.Name, "weight") {
				x.Values[i] += 1
			}
		}
		tensors = append(tensors, x)
	}
	path = filepath.Join(t.TempDir(), "tiny.safetensors")
	if err := weights.WriteSafetensors(path, tensors, map[string]string{"dinogpu.heads": "3", "dinogpu.image_size": "32"}); err != nil {
		t.Fatal(err)
	}
	return path
}
