//go:build window && unix

package main

import (
	"image"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/testdata/desktop"
	"github.com/dinogpu/dinogpu/testdata/golden"
	"github.com/dinogpu/dinogpu/viewer"
	"github.com/dinogpu/dinogpu/viewer/explore"
)

// Every key and what the mouse does, in the window of the real program: it shows what the scene composes, pixel for pixel.
func TestWindowOfView(t *testing.T) {
	path := tinyWeights(t)
	o := explore.Options{Images: []string{golden.Path(t, "photo.png"), golden.Path(t, "../formats/444.jpg")}, PCA: true}
	v := view(t, desktop.New(t, 1), path, o, "--weights", path, "--pca")
	v.shows()

	v.key("2", '2')
	v.key("0", '0')
	v.key("3", '3')
	v.key("m", 'm')
	v.key("Down", viewer.KeyDown)
	v.key("Up", viewer.KeyUp)
	v.key("plus", '+')
	v.key("minus", '-')
	v.key("c", 'c')
	v.key("period", '.')
	v.key("comma", ',')
	v.key("p", 'p')
	v.key("p", 'p')
	v.key("question", '?')
	v.key("Escape", viewer.KeyEscape)

	v.changes("the mouse over a patch", v.move(v.at(0.7, 0.3)))
	v.Click(desktop.Left)
	v.shows(at(viewer.MousePressed, v.at(0.7, 0.3)), at(viewer.MouseReleased, v.at(0.7, 0.3)))
	held := v.page
	v.shows(v.move(v.at(0.2, 0.8)))
	same(t, "a patch that is held, the mouse over another", v.page, held)
	v.key("s", 's')
	v.key("s", 's')
	v.Click(desktop.Left)
	v.shows(at(viewer.MousePressed, v.at(0.2, 0.8)), at(viewer.MouseReleased, v.at(0.2, 0.8)))
	v.changes("the mouse over a patch, none held", v.move(v.at(0.5, 0.5)))

	v.Click(desktop.WheelAway)
	wheel := at(viewer.Scrolled, v.at(0.5, 0.5))
	wheel.Scroll = 1
	v.changes("the wheel", wheel)
	v.Press()
	v.shows(at(viewer.MousePressed, v.at(0.5, 0.5)))
	v.changes("pulling", v.move(v.at(0.4, 0.45)))
	v.Release()
	v.shows(at(viewer.MouseReleased, v.at(0.4, 0.45)))
	v.key("z", 'z')

	small := middle(v.twin.Places().Groups[1][1])
	v.shows(v.move(small))
	v.Click(desktop.Left)
	v.changes("a click on a head's mask", at(viewer.MousePressed, small), at(viewer.MouseReleased, small))

	v.key("Right", viewer.KeyRight)
	v.key("b", 'b')
	v.key("n", 'n')
	v.key("Left", viewer.KeyLeft)

	saved := v.page
	v.key("w", 'w')
	same(t, "the file that w writes", readRGBA(t, filepath.Join(v.dir, saveFolder, "page-001.png")), saved)

	for _, size := range []image.Point{{900, 600}, {333, 777}, {60, 40}, {1390, 990}} {
		v.Resize(size.X, size.Y)
		v.size = size
		v.changes("resize")
	}
	v.Key("q")
	v.ends(exitDone)
}

// On a screen of twice the usual density, letters and gaps are twice as large.
func TestWindowOfViewAtHighDensity(t *testing.T) {
	path := tinyWeights(t)
	v := view(t, desktop.New(t, 2), path, explore.Options{Images: []string{golden.Path(t, "photo.png")}}, "--weights", path)
	v.scale = 2
	v.shows()
	v.changes("the mouse over a patch", v.move(v.at(0.7, 0.3)))
	v.AskToClose()
	v.ends(exitDone)
}

// Images of odd shapes and kinds.
func TestWindowOfViewTakesAnyImage(t *testing.T) {
	path, dir := tinyWeights(t), t.TempDir()
	blank := func(name string, w, h int) string {
		p := filepath.Join(dir, name)
		if err := viewer.WritePNG(p, image.NewRGBA(image.Rect(0, 0, w, h))); err != nil {
			t.Fatal(err)
		}
		return p
	}
	damaged := filepath.Join(dir, "damaged.png")
	if err := os.WriteFile(damaged, []byte("\x89PNG\r\n\x1a\nno more"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := explore.Options{ImageSize: 16, Images: []string{
		golden.Path(t, "../formats/exif-orientation.jpg"), golden.Path(t, "../formats/grey.png"), golden.Path(t, "../formats/animated.gif"),
		blank("tall.png", 40, 3000), blank("wide.png", 3000, 40), blank("dot.png", 1, 1), damaged,
	}}
	v := view(t, desktop.New(t, 1), path, o, "--weights", path, "--image-size", "16")
	v.shows()
	for i := range v.twin.Len() {
		patch := v.move(v.at(0.3+0.1*float64(i%3), 0.5))
		if v.shows(patch); v.twin.Err() != nil && i != v.twin.Len()-1 {
			t.Error(v.twin.Err())
		}
		v.key("Right", viewer.KeyRight)
	}
	v.Key("q")
	v.ends(exitDone)
}

// A run that trains: its newer checkpoint is shown.
func TestWindowOfViewFollowsARun(t *testing.T) {
	dir := begunRun(t, filepath.Join(t.TempDir(), "run"))
	photo := golden.Path(t, "photo.png")
	v := view(t, desktop.New(t, 1), dir, explore.Options{Images: []string{photo}}, "--watch", dir)
	v.shows()
	newer := filepath.Join(dir, weights.CheckpointsFolder, weights.CheckpointName(9))
	h, tensors, err := weights.ReadCheckpoint(filepath.Join(dir, weights.CheckpointsFolder, weights.CheckpointName(5)))
	if err != nil {
		t.Fatal(err)
	}
	h.Step = 9
	for _, x := range tensors {
		if x.Name == "teacher.backbone.pos_embed" {
			for i := range x.Values {
				x.Values[i] += float32(i%7) * 0.3
			}
		}
	}
	if err := weights.WriteCheckpoint(newer, h, tensors); err != nil {
		t.Fatal(err)
	}
	m, err := weights.Open(dir, weights.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.twin.Reload(m); err != nil {
		t.Fatal(err)
	}
	v.changes("a newer checkpoint")
	v.AskToClose()
	v.ends(exitDone)
}

// Ctrl-C and the close button end it, whether a network runs or not.
func TestWindowOfViewEnds(t *testing.T) {
	path := tinyWeights(t)
	photo := golden.Path(t, "photo.png")
	for _, c := range []struct {
		what string
		size int // of the image's short side: a large one takes its time
		end  func(*viewed)
		code int
	}{
		{"Ctrl-C", 32, func(v *viewed) { v.cmd.Process.Signal(os.Interrupt) }, exitStopped},
		{"Ctrl-C while a network runs", 800, func(v *viewed) { v.cmd.Process.Signal(os.Interrupt) }, exitStopped},
		{"closed", 32, func(v *viewed) { v.AskToClose() }, exitDone},
		{"closed while a network runs", 800, func(v *viewed) { v.AskToClose() }, exitDone},
	} {
		t.Run(c.what, func(t *testing.T) {
			o := explore.Options{Images: []string{photo}, ImageSize: c.size}
			v := view(t, desktop.New(t, 1), path, o, "--weights", path, "--image-size", strconv.Itoa(c.size))
			if c.size > 32 {
				v.Shows(v.twin.Compose(windowWidth, windowHeight, 1)) // nothing but that the network runs
			} else {
				v.shows()
			}
			c.end(v)
			v.ends(c.code)
		})
	}
}

// Without a desktop there are files instead.
func TestWindowOfViewWithoutADesktop(t *testing.T) {
	path := tinyWeights(t)
	cmd, stderr := child("", "view", golden.Path(t, "photo.png"), "--weights", path)
	cmd.Dir = t.TempDir()
	cmd.Env = append(cmd.Env, "DISPLAY=", "WAYLAND_DISPLAY=")
	out, err := cmd.Output()
	if err != nil || string(out) != saveFolder+"\n" || !strings.Contains(stderr.String(), "no display to open a window on") {
		t.Errorf("%v\n%s\n%s", err, out, stderr)
	}
	if info, err := os.Stat(filepath.Join(cmd.Dir, saveFolder, "sheet.png")); err != nil || info.Size() == 0 {
		t.Error(err)
	}
}
