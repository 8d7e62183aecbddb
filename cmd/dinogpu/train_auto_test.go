package main

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// photographs writes n small images.
func photographs(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	for i := range n {
		im := image.NewNRGBA(image.Rect(0, 0, 40, 30))
		for p := range 40 * 30 {
			im.SetNRGBA(p%40, p/40, color.NRGBA{uint8(p * (i + 3)), uint8(p / 7 * i), uint8(91 * i), 255})
		}
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("%03d.png", i)))
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(f, im); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// From the command line: auto counts, says what it chose where the run can be
// read later, and what it chose comes back with config.yaml and on resume,
// with other images there by then.
func TestTrainAuto(t *testing.T) {
	data, dir := photographs(t, 24), filepath.Join(t.TempDir(), "run")
	small := []string{
		"--dim", "24", "--depth", "1", "--heads", "2", "--patch-size", "14", "--head-hidden", "16", "--head-bottleneck", "8",
		"--global-crops-size", "28", "--local-crops-size", "14", "--warmup-epochs", "300",
	}
	o := dinogpu(t, nil, append([]string{"train", "--preset", "auto", "--data", data, "--run-dir", dir, "--max-steps", "2"}, small...)...)
	if o.code != exitDone {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	log, err := os.ReadFile(filepath.Join(dir, "train.log"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"preset auto, for 24 images on a software adapter:", "1024 prototypes, crops 2 x 28 and 4 x 14 pixels",
		"batch 8, 334 epochs of 3 steps, 1002 steps in all", "after 300 epochs of warm-up",
		"advice: --warmup-epochs 300 is 89 % of the run's 334 epochs", "set --warmup-epochs 33",
		"learning rate 0.000125 = lr 0.004", "software, which works but is slow", "run folder " + dir, "stopped; everything is saved after step 2",
	} {
		if !strings.Contains(o.stderr, want) {
			t.Errorf("the console lacks %q:\n%s", want, o.stderr)
		}
		if n := strings.Count(string(log), want); n != 1 {
			t.Errorf("train.log has %q %d times:\n%s", want, n, log)
		}
	}
	events, err := filepath.Glob(filepath.Join(dir, "events.out.tfevents.*"))
	if err != nil || len(events) != 1 {
		t.Errorf("events %v, %v", events, err)
	}

	config := filepath.Join(dir, "config.yaml")
	want, err := settings.Load(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(data, "000.png")); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--config", config}, {"--preset", "auto", "--config", config}, {"--resume", dir}} {
		got := parseTrain(t, nil, args...)
		if diff := cmp.Diff(want.Config, got.Settings.Config); diff != "" || got.auto != nil || got.Settings.Preset != settings.PresetAuto {
			t.Errorf("%v: chosen by %+v\n%s", args, got.auto, diff)
		}
	}
}

// A plan counts the images where they are there, and needs none.
func TestDryRunOfAuto(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want []string
	}{
		"none":        {nil, []string{"10000 images, a guess", "on a GPU", "2 x 224 and 8 x 96"}},
		"not there":   {[]string{"--data", filepath.Join(t.TempDir(), "nothing")}, []string{"10000 images, a guess"}},
		"counted":     {[]string{"--data", photographs(t, 9)}, []string{"for 9 images on a GPU", "batch 8,"}},
		"limited":     {[]string{"--data", photographs(t, 9), "--limit", "6"}, []string{"for 6 images", "batch 6,"}},
		"software":    {[]string{"--matmul", "texel"}, []string{"on a software adapter", "2 x 96 and 4 x 48"}},
		"flag's arch": {[]string{"--arch", "vit_base", "--epochs", "10", "--batch-size", "8"}, []string{"vit_base (width 768", "10 epochs", "after 1 epoch of warm-up"}},
		"advice":      {[]string{"--data", photographs(t, 9), "--out-dim", "2000", "--batch-size", "9"}, []string{"advice: an epoch is only 1 step", "set --out-dim 1024"}},
	} {
		o := dinogpu(t, nil, append([]string{"train", "--dry-run", "--preset", "auto"}, c.args...)...)
		if o.code != exitDone || !strings.Contains(o.stdout, "parameters") {
			t.Errorf("%s: exit %d: %s%s", name, o.code, o.stdout, o.stderr)
		}
		for _, want := range c.want {
			if !strings.Contains(o.stderr, want) {
				t.Errorf("%s: %q is not in\n%s", name, want, o.stderr)
			}
		}
	}
	// other presets get advice only where there is something to count
	if o := dinogpu(t, nil, "train", "--dry-run", "--preset", "vitti16"); strings.Contains(o.stderr, "advice") {
		t.Errorf("nothing counted: %s", o.stderr)
	}
	if o := dinogpu(t, nil, "train", "--dry-run", "--preset", "vitti16", "--data", photographs(t, 9)); !strings.Contains(o.stderr, "set --out-dim 1024") {
		t.Errorf("vitti16 for nine images: %s", o.stderr)
	}
}

// A run that collapses is told so, on the console and in its log: as it happens and at the end.
func TestCollapseIsSaid(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	o := dinogpu(t, nil, "train", "--data", photographs(t, 24), "--run-dir", dir, "--drop-path-rate", "0",
		"--dim", "16", "--depth", "1", "--heads", "1", "--patch-size", "7", "--head-hidden", "16", "--head-bottleneck", "8", "--out-dim", "16",
		"--global-crops-size", "14", "--local-crops-number", "0", "--batch-size", "2", "--epochs", "12", "--warmup-epochs", "0",
		"--freeze-last-layer", "0", "--lr", "0.64", "--momentum-teacher", "0.9", "--teacher-temp", "1", "--warmup-teacher-temp", "1",
		"--max-steps", "120", "--checkpoint-every", "500")
	if o.code != exitDone {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	log, err := os.ReadFile(filepath.Join(dir, "train.log"))
	if err != nil {
		t.Fatal(err)
	}
	want := "collapse to uniform targets"
	if !strings.Contains(o.stderr, want) || strings.Count(string(log), want) != 2 || !strings.Contains(string(log), "start a new run with --teacher-temp 0.04") {
		t.Errorf("%q is not said as it happens and at the end:\n%s", want, log)
	}
	lines := strings.Split(strings.TrimSpace(string(log)), "\n")
	if page, err := os.ReadFile(filepath.Join(dir, "report.html")); err != nil || !strings.Contains(string(page), "This run collapsed") || !strings.Contains(o.stderr, filepath.Join(dir, "report.html")) {
		t.Errorf("the run's report does not say so (%v), or is not named: %s", err, o.stderr)
	}
	if end := lines[len(lines)-3]; !strings.Contains(end, "This run collapsed, and its weights are of little use. step 1") {
		t.Errorf("the third line from the end is %q", end)
	}
}
