package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dinogpu/dinogpu/eval/results"
)

// writeSequence makes frames with a square that moves, and masks of it, in a folder laid out as DAVIS 2017.
func writeSequence(t *testing.T, dir, name string, frames int) {
	t.Helper()
	const w, h = 50, 40
	for i := range frames {
		im := image.NewNRGBA(image.Rect(0, 0, w, h))
		mask := image.NewPaletted(im.Rect, color.Palette{color.Black, color.White})
		for y := range h {
			for x := range w {
				c := color.NRGBA{uint8(90 + (x*y)%20), 120, uint8(100 + (x*7+y*3)%30), 255}
				if x >= 5+3*i && x < 22+3*i && y >= 8 && y < 26 {
					c = color.NRGBA{220, uint8(40 + 20*(y%3)), 50, 255}
					mask.SetColorIndex(x, y, 1)
				}
				im.SetNRGBA(x, y, c)
			}
		}
		for kind, im := range map[string]image.Image{"JPEGImages": im, "Annotations": mask} {
			folder := filepath.Join(dir, kind, "480p", name)
			if err := os.MkdirAll(folder, 0o755); err != nil {
				t.Fatal(err)
			}
			writePNG(t, filepath.Join(folder, fmt.Sprintf("%05d.png", i)), im)
		}
	}
}

// Two networks follow two videos, one of which is broken and left out: table, JSON, CSV, masks and results tell the same.
func TestEvalVideo(t *testing.T) {
	dir, to := t.TempDir(), t.TempDir()
	weights := goldenWeights(t)
	writeSequence(t, dir, "square", 5)
	writeSequence(t, dir, "broken", 4)
	if err := os.WriteFile(filepath.Join(dir, "JPEGImages", "480p", "broken", "00002.png"), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	masks, file := filepath.Join(to, "masks"), filepath.Join(to, "values.csv")
	args := []string{"eval", "video", "--weights", weights, "--data", dir, "--image-size", "40", "--n-last-frames", "2", "--size-mask-neighborhood", "3"}
	o := dinogpu(t, nil, append(args, "--untrained", "--seed", "3", "--json", "--out", masks, "--csv", file, "--results", to)...)
	if o.code != exitDone {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	var r videoReport
	d := json.NewDecoder(strings.NewReader(o.stdout))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		t.Fatal(err)
	}
	if r.ImageSize != 40 || r.LeftOut != 1 || len(r.Networks) != 2 || r.Networks[0].Network != "teacher" || r.Networks[1].Network != "untrained" {
		t.Fatalf("report %+v", r)
	}
	if n := strings.Count(o.stderr, "broken of "+filepath.Join(dir, "JPEGImages", "480p")+" is left out: "); n != 1 {
		t.Errorf("the broken video is named %d times:\n%s", n, o.stderr)
	}
	m := r.Networks[0].All
	if s := r.Networks[0].Sequences; len(s) != 1 || s[0].Name != "square" || s[0].Frames != 5 || len(s[0].Objects) != 1 || len(s[0].Objects[0].J) != 3 || *s[0].All != *m {
		t.Errorf("sequences %+v", s)
	}
	if math.Abs(m.JFMean-(m.JMean+m.FMean)/2) > 1e-9 || m.JFMean < 30 || m.JMean > 100 || *m == *r.Networks[1].All {
		t.Errorf("measures %+v, untrained %+v", m, r.Networks[1].All)
	}
	for _, network := range []string{"teacher", "untrained"} {
		for i := range 5 {
			f, err := os.Open(filepath.Join(masks, network, "square", fmt.Sprintf("%05d.png", i)))
			if err != nil {
				t.Fatal(err)
			}
			im, err := png.Decode(f)
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			if p, ok := im.(*image.Paletted); err != nil || !ok || p.Rect.Dx() != 50 || p.Rect.Dy() != 40 {
				t.Errorf("mask %d is %T, %v", i, im, err)
			}
		}
		entries, err := os.ReadDir(filepath.Join(masks, network))
		if err != nil || len(entries) != 1 {
			t.Errorf("%s has %d folders, want that of the whole video alone (%v)", network, len(entries), err)
		}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil || len(rows) != 1+2*3 || strings.Join(rows[1][:4], " ") != "teacher square 1 1" {
		t.Errorf("rows %v, %v", rows, err)
	}
	records, _, err := results.Read(to)
	if err != nil || len(records) != 2 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	if x := records[0]; x.Evaluation != results.Video || x.Values["j_and_f_mean"] != m.JFMean || x.Values["f_decay"] != m.FDecay || len(x.Values) != 7 ||
		x.Counts["left_out"] != 1 || x.Counts["sequences"] != 1 || x.Counts["objects"] != 1 || x.Settings["topk"] != 5.0 {
		t.Errorf("record %+v", x)
	}
	table := dinogpu(t, nil, args...)
	if table.code != exitDone || !strings.Contains(table.stdout, fmt.Sprintf("%.1f", m.JFMean)) || strings.Count(table.stdout, "\n") != 3 {
		t.Errorf("exit %d:\n%s%s", table.code, table.stdout, table.stderr)
	}
	again := dinogpu(t, nil, append(args, "--untrained", "--out", masks)...)
	if again.code != exitFailed || !strings.Contains(again.stderr, "is there already and not empty") {
		t.Errorf("over masks that are there: exit %d: %s", again.code, again.stderr)
	}
}

// Without true masks they are written and nothing is measured; without --out that is an error.
func TestEvalVideoWithoutTruth(t *testing.T) {
	dir, to := t.TempDir(), t.TempDir()
	writeSequence(t, dir, "square", 3)
	if err := os.Remove(filepath.Join(dir, "Annotations", "480p", "square", "00001.png")); err != nil {
		t.Fatal(err)
	}
	args := []string{"eval", "video", "--weights", goldenWeights(t), "--data", dir, "--results", to}
	o := dinogpu(t, nil, args...)
	if o.code != exitFailed || !strings.Contains(o.stderr, "can be measured, for want of frames or masks") || !strings.Contains(o.stderr, "square is not measured: of its 3 frames 1 has no mask") {
		t.Errorf("exit %d: %s", o.code, o.stderr)
	}
	o = dinogpu(t, nil, append(args, "--out", filepath.Join(to, "masks"))...)
	if o.code != exitDone || !strings.Contains(o.stdout, "not measured") {
		t.Errorf("exit %d: %s%s", o.code, o.stdout, o.stderr)
	}
	if _, err := os.Stat(filepath.Join(to, "masks", "square", "00002.png")); err != nil {
		t.Error(err)
	}
	if records, _, err := results.Read(to); err != nil || len(records) != 0 {
		t.Errorf("%d records of nothing, %v", len(records), err)
	}
}

// Stopped in the middle of a video, it leaves no folder of masks and no result.
func TestEvalVideoStops(t *testing.T) {
	dir, to := t.TempDir(), t.TempDir()
	writeSequence(t, dir, "square", 40)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var stdout, stderr bytes.Buffer
	begun := time.Now()
	a := &app{
		ctx: ctx, stdout: &stdout, env: plainEnv,
		console: &console{w: &stderr, width: func() int { return 80 }, tty: true, now: time.Now},
		now:     time.Now,
	}
	a.console.now = func() time.Time { // is asked at each frame
		if found, _ := filepath.Glob(filepath.Join(to, "masks", "square*", "00003.png")); len(found) > 0 {
			cancel()
		}
		return begun
	}
	code := execute(a, []string{"eval", "video", "--weights", goldenWeights(t), "--data", dir, "--out", filepath.Join(to, "masks"), "--results", to})
	if code != exitStopped || !strings.Contains(stderr.String(), "did not come to its end") {
		t.Errorf("exit %d: %s", code, &stderr)
	}
	if entries, err := os.ReadDir(filepath.Join(to, "masks")); err != nil || len(entries) > 0 {
		t.Errorf("%v is left of the masks, %v", entries, err)
	}
	if _, err := os.Stat(filepath.Join(to, results.FileName)); err == nil {
		t.Error("a result was recorded")
	}
}

func TestEvalVideoRefuses(t *testing.T) {
	dir := t.TempDir()
	writeSequence(t, dir, "square", 3)
	other := t.TempDir()
	weights := goldenWeights(t)
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"--data DIR --topk 0", exitUsage, "--topk 0: give 1 or more"},
		{"--data DIR --n-last-frames -1", exitUsage, "--n-last-frames -1"},
		{"--data DIR --size-mask-neighborhood 9000", exitUsage, "--size-mask-neighborhood 9000"},
		{"--data DIR --image-size 7", exitUsage, "--image-size 7 is smaller than one patch of 8 pixels"},
		{"--data DIR --topk 50000", exitFailed, "--topk 50000 is too many"},
		{"--data OTHER", exitFailed, "lacks JPEGImages or Annotations"},
		{"", exitUsage, "name the videos: --data DIR"},
	} {
		args := strings.Fields("eval video --weights " + weights + " " + strings.NewReplacer("DIR", dir, "OTHER", other).Replace(c.args))
		if o := dinogpu(t, nil, args...); o.code != c.code || !strings.Contains(o.stderr, c.want) {
			t.Errorf("%s: exit %d: %s", c.args, o.code, o.stderr)
		}
	}
	remove := filepath.Join(dir, "JPEGImages", "480p", "square", "00001.png")
	if err := os.WriteFile(remove, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if o := dinogpu(t, nil, "eval", "video", "--weights", weights, "--data", dir); o.code != exitFailed || !strings.Contains(o.stderr, "no video is left to measure: ") {
		t.Errorf("only a broken video: exit %d: %s", o.code, o.stderr)
	}
}
