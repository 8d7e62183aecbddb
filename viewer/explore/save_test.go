package explore

import (
	"context"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/testdata/golden"
	"github.com/dinogpu/dinogpu/viewer"
)

// save writes everything and gives the folders that were told of, and the images left out.
func save(t *testing.T, e *Explorer, s Saving) (written, leftOut []string) {
	t.Helper()
	s.Written = func(path string) { written = append(written, filepath.ToSlash(path)) }
	s.LeftOut = func(name string, err error) { leftOut = append(leftOut, err.Error()) }
	if err := e.Save(context.Background(), s); err != nil {
		t.Fatal(err)
	}
	return written, leftOut
}

const all = "attention.npy attn-head0.png attn-head1.png attn-head2.png attn-mean.png img.png mask_th0.6_head0.png mask_th0.6_head1.png mask_th0.6_head2.png"

// One image: the files, their sizes, the array, and the page that a window shows.
func TestSaveOne(t *testing.T) {
	dir := t.TempDir()
	o := options(t, writeImage(t, filepath.Join(dir, "a.png"), 45, 33, 1))
	o.PCA = true
	e := newExplorer(t, o)
	out := filepath.Join(dir, "out")
	written, _ := save(t, e, Saving{Dir: out})
	if got := files(t, out); got != all+" pca.png sheet.png" || !slices.Equal(written, []string{filepath.ToSlash(out)}) {
		t.Fatalf("%v: %s", written, got)
	}
	for _, name := range []string{"img.png", "attn-head2.png", "mask_th0.6_head1.png", "attn-mean.png", "pca.png"} {
		if size := readPNG(t, filepath.Join(out, name)).Bounds().Max; size != image.Pt(40, 32) { // 43 x 32, cut
			t.Errorf("%s: %v", name, size)
		}
	}
	data, err := os.ReadFile(filepath.Join(out, "attention.npy"))
	if err != nil || !strings.Contains(string(data[:128]), "(3, 4, 5)") || len(data) != 128+4*3*4*5 {
		t.Fatalf("the array has %d bytes, %v", len(data), err)
	}
	for i, want := range slices.Concat(e.maps...) {
		if got := math.Float32frombits(binary.LittleEndian.Uint32(data[128+4*i:])); got != want {
			t.Fatalf("value %d is %g, want %g", i, got, want)
		}
	}
	// what a window of the sheet's size would show, of an explorer of its own
	o.Features = true
	window := newExplorer(t, o)
	update(t, window)
	samePixels(t, "the sheet", readPNG(t, filepath.Join(out, "sheet.png")), window.Compose(SheetWidth, SheetHeight, 1))
}

// img.png is the reference's: from the least normalized value to the largest.
func TestSavedImage(t *testing.T) {
	dir := t.TempDir()
	path := writeImage(t, filepath.Join(dir, "a.png"), 32, 32, 3)
	e := newExplorer(t, options(t, path))
	save(t, e, Saving{Dir: dir})
	im, err := augment.ReadUpright(path)
	if err != nil {
		t.Fatal(err)
	}
	mean, std := []float64{0.485, 0.456, 0.406}, []float64{0.229, 0.224, 0.225}
	low, high := math.Inf(1), math.Inf(-1)
	value := func(i int) float64 { return (float64(im.Pix[i])/255 - mean[i%3]) / std[i%3] }
	for i := range im.Pix {
		low, high = min(low, value(i)), max(high, value(i))
	}
	got := readPNG(t, filepath.Join(dir, "img.png"))
	for i := range im.Pix {
		c := pixel(got, i/3%32, i/3/32)
		want := (value(i) - low) / (high - low) * 255
		if v := float64([]uint8{c.R, c.G, c.B}[i%3]); math.Abs(v-want) > 0.51 {
			t.Fatalf("value %d is %g, want %.2f", i, v, want)
		}
	}
}

// Several image files have a folder each, also two of one name; what cannot be read is left out and said.
func TestSaveSeveral(t *testing.T) {
	dir := t.TempDir()
	a := writeImage(t, filepath.Join(dir, "a.png"), 32, 32, 1)
	again := writeImage(t, filepath.Join(dir, "other", "A.png"), 32, 48, 2)
	bad := writeText(t, filepath.Join(dir, "bad.png"), "no image")
	out := filepath.Join(dir, "out")
	e := newExplorer(t, options(t, a, again, bad))
	written, leftOut := save(t, e, Saving{Dir: out})
	if len(written) != 2 || len(leftOut) != 1 || !strings.Contains(leftOut[0], "bad.png") {
		t.Errorf("written %v, left out %v", written, leftOut)
	}
	for _, sub := range []string{"a", "A-2"} {
		if got := files(t, filepath.Join(out, sub)); got != all+" sheet.png" {
			t.Errorf("%s: %s", sub, got)
		}
	}
	e = newExplorer(t, options(t, bad))
	if err := e.Save(context.Background(), Saving{Dir: out}); err == nil || !strings.Contains(err.Error(), "bad.png") {
		t.Errorf("a damaged image alone: %v", err)
	}
}

// A folder and a GIF give a picture a frame, and an animation of the same pictures.
func TestSaveFrames(t *testing.T) {
	dir := t.TempDir()
	frames := filepath.Join(dir, "frames")
	for i, name := range []string{"f1.png", "f2.png", "f3.png"} {
		writeImage(t, filepath.Join(frames, name), 40, 32, i)
	}
	film := filepath.Join(dir, "new", "film.gif")
	out := filepath.Join(dir, "out")
	e := newExplorer(t, options(t, frames))
	if written, _ := save(t, e, Saving{Dir: out, Video: film}); len(written) != 2 {
		t.Errorf("written %v", written)
	}
	if got := files(t, out); got != "f1.png f2.png f3.png" {
		t.Errorf("%s", got)
	}
	checkFilm(t, film, []int{4, 4, 4}, filepath.Join(out, "f%d.png"))

	e = newExplorer(t, options(t, golden.Path(t, "../formats/animated.gif"), frames))
	save(t, e, Saving{Dir: out})
	if got := files(t, filepath.Join(out, "animated")) + " " + files(t, filepath.Join(out, "frames")); got != "animated-00001.png animated-00002.png f1.png f2.png f3.png" {
		t.Errorf("%s", got)
	}
	e = newExplorer(t, options(t, frames, writeImage(t, filepath.Join(dir, "wide.png"), 64, 32, 1)))
	if err := e.Save(context.Background(), Saving{Video: film}); err == nil || !strings.Contains(err.Error(), "images of one shape") {
		t.Errorf("frames of two shapes: %v", err)
	}
	checkFilm(t, film, []int{4, 4, 4}, filepath.Join(dir, "out", "f%d.png")) // the old one is still there
}

// checkFilm holds a film's frames beside PNG files.
func checkFilm(t *testing.T, path string, delays []int, pngs string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	g, err := gif.DecodeAll(f)
	if err != nil || !slices.Equal(g.Delay, delays) {
		t.Fatalf("%v, delays %v, want %v", err, g.Delay, delays)
	}
	for i, frame := range g.Image {
		samePixels(t, path, frame, readPNG(t, strings.Replace(pngs, "%d", string(rune('1'+i)), 1)))
	}
}

func TestFilmNames(t *testing.T) {
	for name, want := range map[string]string{"a.avi": "ends in .gif", "a": "ends in .gif", "a.mp4": "ffmpeg"} {
		t.Setenv("PATH", t.TempDir())
		if _, err := newFilm(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// ffmpeg is given the frames' pixels, and what it writes becomes the file; what it says becomes the error.
func TestFilmByFFmpeg(t *testing.T) {
	dir := t.TempDir()
	bin := filepath.Join(dir, "bin")
	if err := os.Mkdir(bin, 0o700); err != nil {
		t.Fatal(err)
	}
	program := func(text string) {
		if err := os.WriteFile(filepath.Join(bin, "ffmpeg"), []byte("#!/bin/sh\n"+text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	program(`echo "$@"; cat`)
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	make := func() error {
		f, err := newFilm(filepath.Join(dir, "a.mp4"))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range [][]float32{{0, 1}, {1, 0}} {
			if err := f.add(m, 1, 2, 3, 5); err != nil {
				t.Fatal(err)
			}
		}
		return f.write(context.Background())
	}
	if err := make(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "a.mp4"))
	if err != nil {
		t.Fatal(err)
	}
	line, pixels, _ := strings.Cut(string(data), "\n")
	dark, bright := viewer.Inferno.At(0), viewer.Inferno.At(1)
	rgb := func(c color.RGBA) string { return strings.Repeat(string([]byte{c.R, c.G, c.B}), 3) }
	if want := strings.Repeat(rgb(dark)+rgb(bright), 3) + strings.Repeat(rgb(bright)+rgb(dark), 3); pixels != want {
		t.Errorf("%d bytes of pixels, want %d", len(pixels), len(want))
	}
	if !strings.Contains(line, "-video_size 6x3") || !strings.Contains(line, "-framerate 100/5") {
		t.Errorf("ffmpeg is called with %s", line)
	}
	program("echo it does not like this >&2; exit 3")
	if err := make(); err == nil || !strings.Contains(err.Error(), "it does not like this") {
		t.Errorf("ffmpeg fails: %v", err)
	}
	if now, err := os.ReadFile(filepath.Join(dir, "a.mp4")); err != nil || string(now) != string(data) {
		t.Errorf("the old file is gone (%v)", err)
	}
}
