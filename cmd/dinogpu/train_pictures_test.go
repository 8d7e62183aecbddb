package main

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/run"
	"github.com/dinogpu/dinogpu/dino/settings"
)

// drawnRun is a run of a few steps on labeled images, with all that it draws and measures.
func drawnRun(t *testing.T, more ...string) (dir string, o outcome) {
	t.Helper()
	dir = t.TempDir()
	images := filepath.Join(dir, "images")
	writeClasses(t, filepath.Join(images, "train"), 8, 1, "ant", "bee", "cow")
	writeClasses(t, filepath.Join(images, "val"), 9, 2, "ant", "bee", "cow")
	run := filepath.Join(dir, "run")
	return run, dinogpu(t, nil, append(append(tinyRun(run, images), "--knn-every", "0", "--images", "--measure-every", "1"), more...)...)
}

func decodePNG(t *testing.T, path string) image.Image {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	im, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return im
}

var allImages = []string{"attention/heads.png", "neighbours.png", "pca.png"}

// wantImages tells which of a run's images are there.
func wantImages(t *testing.T, dir string, want ...string) {
	t.Helper()
	var there []string
	for _, name := range allImages {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			there = append(there, name)
		}
	}
	if !slices.Equal(there, want) {
		t.Errorf("there are %v, want %v", there, want)
	}
}

// The end of a run on one's own images: k-NN without --knn-every, measures, images; resumed, nothing comes twice.
func TestRunEndsWithImages(t *testing.T) {
	dir, o := drawnRun(t)
	wantExit(t, o, exitDone, "without labels: of 24 images", "% by guessing", "drew attention/heads.png, pca.png, neighbours.png after step 6")
	if !strings.Contains(o.stdout, "attention/heads.png, pca.png, neighbours.png, ") {
		t.Errorf("the images are not named: %s", o.stdout)
	}
	for _, name := range allImages {
		if size := decodePNG(t, filepath.Join(dir, name)).Bounds().Size(); size.X < 600 || size.Y < 600 {
			t.Errorf("%s is %v", name, size)
		}
	}
	check := func() {
		t.Helper()
		var knn, measured []map[string]float64
		for _, m := range lines(t, filepath.Join(dir, "metrics.jsonl")) {
			if _, ok := m["knn_teacher"]; ok {
				knn = append(knn, m)
			}
			if _, ok := m["rankme_teacher"]; ok {
				measured = append(measured, m)
			}
		}
		if len(knn) != 1 || knn[0]["step"] != 6 {
			t.Errorf("k-NN was asked %v, want once, after step 6", knn)
		}
		if len(measured) != 1 || measured[0]["step"] != 6 {
			t.Fatalf("measured %v, want once, after step 6", measured)
		}
		keys := slices.Sorted(maps.Keys(measured[0]))
		want := []string{"prototypes_used", "rankme_student", "rankme_teacher", "step", "views_top1_chance", "views_top1_student", "views_top1_teacher"}
		if !slices.Equal(keys, want) {
			t.Errorf("the line's keys are %v, want %v", keys, want)
		}
		m := measured[0]
		if m["rankme_teacher"] < 1 || m["rankme_teacher"] > 24 || m["views_top1_teacher"] > 100 || m["views_top1_chance"] != 100.0/24 || m["prototypes_used"] < 1 || m["prototypes_used"] > 16 {
			t.Errorf("measured %v", m)
		}
	}
	check()
	events, err := filepath.Glob(filepath.Join(dir, "events.out.tfevents.*"))
	if err != nil || len(events) == 0 {
		t.Fatalf("%v, %v", events, err)
	}
	data, err := os.ReadFile(events[0])
	if err != nil || !bytes.Contains(data, []byte("rankme_teacher")) || !bytes.Contains(data, []byte("prototypes_used")) {
		t.Errorf("TensorBoard has no measures, %v", err)
	}
	wantExit(t, dinogpu(t, nil, "train", "--resume", dir), exitDone)
	check()
}

// What is measured and drawn changes no bit of what is learned.
func TestMeasuringChangesNothing(t *testing.T) {
	dir, o := drawnRun(t)
	wantExit(t, o, exitDone)
	plain, o := drawnRun(t, "--no-images", "--measure-every", "0")
	wantExit(t, o, exitDone)
	wantImages(t, dir, allImages...)
	wantImages(t, plain)
	if strings.Contains(o.stdout, ".png") || strings.Contains(o.stderr, "drew") || strings.Contains(o.stderr, "without labels") {
		t.Errorf("images or measures are told of: %s%s", o.stdout, o.stderr)
	}
	_, want := lastTensors(t, plain)
	_, got := lastTensors(t, dir)
	if len(want) == 0 || len(want) != len(got) {
		t.Fatalf("%d tensors, and %d without measures", len(got), len(want))
	}
	for name, w := range want {
		if !slices.Equal(got[name], w) {
			t.Errorf("%s differs", name)
		}
	}
}

// A run that --max-steps stops is drawn too; and what cannot be drawn is a sentence: the run ends as it should.
func TestDrawingFails(t *testing.T) {
	dir, o := drawnRun(t, "--max-steps", "1")
	wantExit(t, o, exitDone, "after step 1", "drew attention/heads.png, pca.png, neighbours.png after step 1")
	wantImages(t, dir, allImages...)
	taken := filepath.Join(dir, "pca.png") // a folder that is not empty
	if err := errors.Join(os.Remove(taken), os.MkdirAll(filepath.Join(taken, "full"), 0o700)); err != nil {
		t.Fatal(err)
	}
	wantExit(t, dinogpu(t, nil, "train", "--resume", dir, "--max-steps", "0", "--images", "--measure-every", "1"), exitDone,
		"drew attention/heads.png, neighbours.png after step 6", "not all images were drawn, which changes nothing of what was learned", taken)
}

// One image: what needs two is left out with a sentence, and the run ends as it should.
func TestRunOfOneImage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	o := dinogpu(t, nil, killableRun(dir, "--epochs", "2", "--limit", "1", "--batch-size", "1", "--accumulate", "1", "--images", "--measure-every", "1")...)
	wantExit(t, o, exitDone, "measures without labels are left out from here on: of 1 images 1 can be read", "one image has no neighbors")
	wantImages(t, dir, "attention/heads.png", "pca.png")
}

// Ctrl-C when training is over and the images are drawn: the run is whole, and draws them when it goes on.
func TestStoppedWhileDrawing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	said := &stopWhenSaid{text: "without labels: of", stop: stop}
	var out bytes.Buffer
	code := execute(&app{
		ctx: ctx, stdout: &out, now: time.Now, env: plainEnv,
		console: &console{w: said, width: func() int { return 80 }, now: time.Now},
	}, killableRun(dir, "--epochs", "1", "--images", "--measure-every", "1"))
	if code != exitStopped || !strings.Contains(said.String(), "images were not finished; to run it: ") {
		t.Fatalf("exit %d: %s", code, said.String())
	}
	if h, _ := lastTensors(t, dir); h.Step != 6 {
		t.Errorf("saved after step %d", h.Step)
	}
	if _, err := os.Stat(filepath.Join(dir, "teacher.safetensors")); err != nil {
		t.Error(err)
	}
	wantImages(t, dir)
	wantExit(t, dinogpu(t, nil, "train", "--resume", dir, "--images", "--measure-every", "1"), exitDone)
	wantImages(t, dir, allImages...)
}

// tinyApp is a run that has not trained yet, and a command whose console is kept.
func tinyApp(t *testing.T) (*run.Run, *app, *bytes.Buffer) {
	t.Helper()
	s, err := settings.FromPreset("demo")
	if err != nil {
		t.Fatal(err)
	}
	c := &s.Config
	c.Limit, c.BatchSize, c.Depth, c.Dim, c.Heads = 24, 4, 1, 24, 2
	c.OutDim, c.HeadHidden, c.HeadBottleneck = 24, 16, 8
	s.Run.Tune = false
	r, err := run.New(t.Context(), run.Options{Settings: s, Folder: filepath.Join(t.TempDir(), "run")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	var said bytes.Buffer
	return r, &app{ctx: t.Context(), now: time.Now, console: &console{w: &said, width: func() int { return 80 }}}, &said
}

// Past the limit at once, one image is shown and the rest named as left out.
func TestDrawingWithoutTime(t *testing.T) {
	r, a, said := tinyApp(t)
	p := newRunPictures(a)
	p.least = 0
	if err := p.atEnd(t.Context(), r, nil); err != nil {
		t.Fatal(err)
	}
	wantImages(t, r.Folder().Path(), "attention/heads.png", "pca.png")
	for _, want := range []string{"drew attention/heads.png, pca.png after step 0", "left out, as drawing is given 0s here: all but 1 of the images in attention/heads.png and pca.png, neighbours.png"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("%q is not said: %s", want, said)
		}
	}
}

// Between epochs, drawing takes its share of the time or waits for the end, which is said once.
func TestDrawingBetweenEpochs(t *testing.T) {
	r, a, said := tinyApp(t)
	p := newRunPictures(a)
	for range 2 {
		if err := p.between(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	wantImages(t, r.Folder().Path())
	if n := strings.Count(said.String(), "images are drawn at the run's end: every 20 epochs they would take more than 5 % of the time"); n != 1 {
		t.Errorf("it is said %d times: %s", n, said)
	}
	p.last = p.last.Add(-time.Hour)
	if err := p.between(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	wantImages(t, r.Folder().Path(), allImages...)
}

func TestShownSize(t *testing.T) {
	for trained, want := range map[int]int{224: 480, 28: 112, 64: 224, 96: 224, 448: 960} {
		if got := shownSize(trained); got != want {
			t.Errorf("trained at %d: %d, want %d", trained, got, want)
		}
	}
}

func TestAffordable(t *testing.T) {
	b := dino.BackboneConfig{Height: 28, Width: 28}
	b.ViT.Patch, b.ViT.Dim = 7, 96
	for _, c := range []struct {
		times float64
		want  int
	}{{1, 112}, {5, 112}, {0, 28}, {0.3, 63}} {
		if got := affordable(b, 112, c.times); got != c.want {
			t.Errorf("%g times the time: %d pixels, want %d", c.times, got, c.want)
		}
	}
}

// Large sets are measured every epoch; small ones less often, so that they cost no more than their share.
func TestMeasurePeriod(t *testing.T) {
	c := settings.Default().Config // 224 pixels, 8 local crops of 96
	for _, x := range []struct{ every, images, want int }{{1, 100_000, 1}, {1, 512, 7}, {3, 512, 9}, {1, 20, 7}, {5, 100_000, 5}} {
		if got := measurePeriod(c, x.every, x.images, x.images); got != x.want {
			t.Errorf("%d images, every %d epochs: %d, want %d", x.images, x.every, got, x.want)
		}
	}
}

func TestGCD(t *testing.T) {
	for _, c := range [][3]int{{0, 0, 0}, {0, 3, 3}, {4, 0, 4}, {6, 4, 2}, {1, 20, 1}} {
		if got := gcd(c[0], c[1]); got != c[2] {
			t.Errorf("gcd of %d and %d is %d", c[0], c[1], got)
		}
	}
}
