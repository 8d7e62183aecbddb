package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"

	"github.com/dinogpu/dinogpu/dino/settings"

	"github.com/dinogpu/dinogpu/dino/weights"
)

// What tune measures, the next training takes without measuring; its checkpoint names it, and resume goes by that
// whatever the cache holds by then.
func TestTunedTrainingIsRecorded(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	small := strings.Fields("train --preset demo --knn-every 0 --limit 16 --batch-size 4 --local-crops-number 1 --depth 1 --out-dim 64 --head-hidden 64 --epochs 1 --max-steps 1")
	dir := filepath.Join(t.TempDir(), "run")
	tuned := map[string]string{"DINOGPU_TUNE": "true"}
	first := dinogpu(t, tuned, append(small, "--run-dir", dir)...)
	if first.code != exitStopped || !strings.Contains(first.stderr, "kinds measured") {
		t.Fatalf("exit %d: %s", first.code, first.stderr)
	}
	h, _, err := weights.NewestCheckpoint(dir, func(error) {})
	if err != nil {
		t.Fatal(err)
	}
	if _, choices, err := layers.ParseMatmul(h.Matmul); err != nil || len(choices) < 3 {
		t.Errorf("the checkpoint says %q: %v", h.Matmul, err)
	}
	if again := dinogpu(t, tuned, append(small, "--run-dir", dir+"2")...); strings.Contains(again.stderr, "0 known before") {
		t.Errorf("the second run measured all again: %s", again.stderr)
	}
	if err := os.RemoveAll(os.Getenv("XDG_CACHE_HOME")); err != nil {
		t.Fatal(err)
	}
	on := dinogpu(t, tuned, "train", "--resume", dir, "--max-steps", "2")
	if on.code != exitStopped || strings.Contains(on.stderr, "measured") {
		t.Fatalf("resume: exit %d: %s", on.code, on.stderr)
	}
	if after, _, err := weights.NewestCheckpoint(dir, func(error) {}); err != nil || after.Matmul != h.Matmul || after.Step != 2 {
		t.Errorf("after resume step %d has %q, want %q: %v", after.Step, after.Matmul, h.Matmul, err)
	}
}

func TestTuneCommand(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	got := dinogpu(t, nil, "tune", "--time", "1ms", "--json")
	if got.code != exitDone {
		t.Fatalf("exit %d: %s", got.code, got.stderr)
	}
	var r tuneReport
	if err := json.Unmarshal([]byte(got.stdout), &r); err != nil || len(r.Choices) != 1 || r.Adapter == "" {
		t.Errorf("within 1 ms: %s (%v)", got.stdout, err)
	}
	// what other models measured stays
	device, err := gpu.Find("")
	if err != nil {
		t.Fatal(err)
	}
	cache, err := openTuneCache(device)
	if err != nil {
		t.Fatal(err)
	}
	before, err := cache.load()
	if err != nil || len(before) != 1 {
		t.Fatalf("the cache holds %v: %v", before, err)
	}
	for _, name := range before {
		before["NN.12.12.12"] = name
	}
	if err := cache.save(before); err != nil {
		t.Fatal(err)
	}
	dinogpu(t, nil, "tune", "--time", "1ms")
	if after, err := cache.load(); err != nil || len(after) != 2 {
		t.Errorf("after another tune the cache holds %v, want two choices: %v", after, err)
	}
	if got := dinogpu(t, nil, "tune", "--preset", "nothing"); got.code != exitUsage {
		t.Errorf("an unknown preset: exit %d", got.code)
	}
}

// A cache that is damaged, foreign or full of nonsense is not used, and says why.
func TestTuneCache(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	c, err := openTuneCache(gpu.Adapter{Name: "one", Driver: "1"})
	if err != nil {
		t.Fatal(err)
	}
	if known, err := c.load(); known != nil || err != nil {
		t.Errorf("before the first save: %v, %v", known, err)
	}
	if err := c.save(gpu.Choices{"NT.3.4.5f": "texel 8x16"}); err != nil {
		t.Fatal(err)
	}
	known, err := c.load()
	if err != nil || known["NT.3.4.5f"] != "texel 8x16" {
		t.Fatalf("after it: %v, %v", known, err)
	}
	whole, err := os.ReadFile(c.path)
	if err != nil {
		t.Fatal(err)
	}
	newer := c
	newer.key.Driver = "2"
	if _, err := newer.load(); err == nil {
		t.Error("another driver's choices were taken")
	}
	for name, text := range map[string]string{
		"cut":     string(whole[:len(whole)/2]),
		"changed": strings.Replace(string(whole), "8x16", "16x16", 1),
		"no json": "texel",
		"nothing": "",
		"null":    "null",
		"large":   strings.Repeat(" ", mostTuneFile) + string(whole),
	} {
		if err := os.WriteFile(c.path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if known, err := c.load(); err == nil {
			t.Errorf("%s: %v was taken", name, known)
		}
	}
	if err := c.save(gpu.Choices{"NT.3.4.5f": "texel 7x7"}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.load(); err == nil {
		t.Error("a variant that does not exist was taken")
	}
}

// A damaged cache costs a notice and a measurement, no more.
func TestTunerSaysThatItsCacheIsDamaged(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	d, err := gpu.Open("")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	cache, err := openTuneCache(d.Adapter)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(cache.path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cache.path, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	con := &console{w: &said, width: func() int { return 80 }, now: time.Now}
	s, err := settings.FromPreset("demo")
	if err != nil {
		t.Fatal(err)
	}
	run := tuner{device: d, run: settings.Run{Matmul: "auto", Tune: true}, console: con, time: time.Millisecond}
	target, err := run.target(t.Context(), func(target gpu.Target) (*dino.Trainer, error) { return recordWhatFits(&s, target, con) })
	if err != nil || len(target.Choices) != 1 || !strings.Contains(said.String(), "damaged") {
		t.Errorf("%v, %v: %s", target.Choices, err, said.String())
	}
	if _, err := cache.load(); err != nil {
		t.Errorf("the cache was not written anew: %v", err)
	}
}
