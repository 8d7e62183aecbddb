package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
	"github.com/dinogpu/dinogpu/layers/tuning"
)

// What tune measures, the next training takes without measuring; its checkpoint names it, and resume goes by that
// whatever the cache holds by then.
func TestTunedTrainingIsRecorded(t *testing.T) {
	ownCache(t, t.TempDir())
	small := strings.Fields("train --preset demo --knn-every 0 --limit 16 --batch-size 4 --local-crops-number 1 --depth 1 --out-dim 64 --head-hidden 64 --epochs 1 --max-steps 1")
	dir := filepath.Join(t.TempDir(), "run")
	tuned := map[string]string{"DINOGPU_TUNE": "true"}
	first := dinogpu(t, tuned, append(small, "--run-dir", dir)...)
	if first.code != exitDone || !strings.Contains(first.stderr, "kinds measured") {
		t.Fatalf("exit %d: %s", first.code, first.stderr)
	}
	h, _, err := weights.NewestCheckpoint(dir, func(error) {})
	if err != nil {
		t.Fatal(err)
	}
	if target, err := layers.ParseMatmul(h.Matmul, gpu.SoftwareTarget); err != nil || len(target.Choices) < 3 {
		t.Errorf("the checkpoint says %q: %v", h.Matmul, err)
	}
	if again := dinogpu(t, tuned, append(small, "--run-dir", dir+"2")...); strings.Contains(again.stderr, "0 known before") {
		t.Errorf("the second run measured all again: %s", again.stderr)
	}
	if err := os.RemoveAll(os.Getenv("XDG_CACHE_HOME")); err != nil {
		t.Fatal(err)
	}
	on := dinogpu(t, tuned, "train", "--resume", dir, "--max-steps", "2")
	if on.code != exitDone || strings.Contains(on.stderr, "measured") {
		t.Fatalf("resume: exit %d: %s", on.code, on.stderr)
	}
	if after, _, err := weights.NewestCheckpoint(dir, func(error) {}); err != nil || after.Matmul != h.Matmul || after.Step != 2 {
		t.Errorf("after resume step %d has %q, want %q: %v", after.Step, after.Matmul, h.Matmul, err)
	}
}

func TestTuneCommand(t *testing.T) {
	ownCache(t, t.TempDir())
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
	cache, err := tuning.OpenCache(device, versionText())
	if err != nil {
		t.Fatal(err)
	}
	before, err := cache.Load()
	if err != nil || len(before) != 1 {
		t.Fatalf("the cache holds %v: %v", before, err)
	}
	for _, name := range before {
		before["NN.12.12.12"] = name
	}
	if err := cache.Save(before); err != nil {
		t.Fatal(err)
	}
	dinogpu(t, nil, "tune", "--time", "1ms")
	if after, err := cache.Load(); err != nil || len(after) != 2 {
		t.Errorf("after another tune the cache holds %v, want two choices: %v", after, err)
	}
	if got := dinogpu(t, nil, "tune", "--preset", "nothing"); got.code != exitUsage {
		t.Errorf("an unknown preset: exit %d", got.code)
	}
}
