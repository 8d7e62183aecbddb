package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/dino/weights"
)

// files reads a folder.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(data)
	}
	return all
}

// A rate far too large ends the run with the step and the tensor; what was saved before stays, and is finite.
func TestRunStopsAtWhatIsNotFinite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	o := dinogpu(t, nil, shortRun(dir, "--lr", "1e30", "--warmup-epochs", "0", "--checkpoint-every", "1")...)
	if o.code != exitFailed || !strings.Contains(o.stderr, "step 2: ") || !strings.Contains(o.stderr, "is not finite") ||
		!strings.Contains(o.stderr, "the last good state is "+filepath.Join(dir, "checkpoints", "step-00000001.dino")) {
		t.Errorf("exit %d: %s", o.code, o.stderr)
	}
	if h, tensors := lastTensors(t, dir); h.Step != 1 {
		t.Errorf("the newest checkpoint is of step %d", h.Step)
	} else {
		for name, v := range tensors {
			for _, x := range v {
				if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
					t.Fatalf("%s was saved with %g", name, x)
				}
			}
		}
	}
	if m := lines(t, filepath.Join(dir, "metrics.jsonl")); len(m) != 1 {
		t.Errorf("%d lines of metrics, want that of the one good step", len(m))
	}
	if _, err := os.Stat(filepath.Join(dir, "teacher.safetensors")); err == nil {
		t.Error("a teacher was left")
	}
}

// A weight that is not finite is named, and no file of the run is touched.
func TestRunNamesTheWeightThatIsNotFinite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if o := dinogpu(t, nil, shortRun(dir, "--max-steps", "2")...); o.code != exitDone {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	h, tensors, err := weights.NewestCheckpoint(dir, func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range tensors {
		if x.Name == "student.backbone.blocks.1.mlp.fc1.weight" {
			x.Values[5] = float32(math.NaN())
		}
	}
	folder := filepath.Join(dir, "checkpoints")
	if err := weights.WriteCheckpoint(filepath.Join(folder, weights.CheckpointName(2)), h, tensors); err != nil {
		t.Fatal(err)
	}
	before, teacher := files(t, folder), files(t, dir)["teacher.safetensors"]
	o := dinogpu(t, nil, "train", "--resume", dir, "--max-steps", "6", "--checkpoint-every", "1")
	if o.code != exitFailed || !strings.Contains(o.stderr, "step 3: the student's weight backbone.blocks.1.mlp.fc1.weight is not finite") {
		t.Errorf("exit %d: %s", o.code, o.stderr)
	}
	after := files(t, folder)
	if len(after) != len(before) || files(t, dir)["teacher.safetensors"] != teacher {
		t.Errorf("files changed: %d checkpoints before, %d after", len(before), len(after))
	}
	for name, data := range before {
		if after[name] != data {
			t.Errorf("%s was written over", name)
		}
	}
}

// Weights that a step made no numbers of are never saved, neither at a checkpoint's turn nor when the run is stopped,
// and no room on the disk is asked for.
func TestRunDoesNotSaveWhatIsNotFinite(t *testing.T) {
	for name, flags := range map[string][]string{"checkpoint": {"--checkpoint-every", "1"}, "stopped": {"--max-steps", "1"}} {
		dir := filepath.Join(t.TempDir(), "run")
		o := dinogpu(t, nil, shortRun(dir, append(flags, "--lr", "1e38", "--weight-decay", "1e9", "--warmup-epochs", "0")...)...) // infinite in the product
		if o.code != exitFailed || !strings.Contains(o.stderr, "student.backbone.cls_token is not finite") ||
			!strings.Contains(o.stderr, "so it is not saved") || strings.Contains(o.stderr, "Free some space") {
			t.Errorf("%s: exit %d: %s", name, o.code, o.stderr)
		}
		if paths, err := weights.Checkpoints(dir); err != nil || len(paths) > 0 {
			t.Errorf("%s: checkpoints %v, %v", name, paths, err)
		}
		if _, err := os.Stat(filepath.Join(dir, "teacher.safetensors")); err == nil {
			t.Errorf("%s: a teacher was left", name)
		}
	}
}
