package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/dino/run"
	"github.com/dinogpu/dinogpu/dino/weights"
)

// killableRun trains a model of a few thousand weights on 48 images, two batches
// a step: six steps an epoch, milliseconds each.
func killableRun(dir string, more ...string) []string {
	data, err := filepath.Abs("../../testdata/fashion-mnist/t10k-images-idx3-ubyte.gz")
	if err != nil {
		panic(err)
	}
	return append([]string{
		"train", "--preset", "demo", "--data", data, "--limit", "48", "--knn-every", "0",
		"--dim", "16", "--depth", "1", "--heads", "2", "--out-dim", "16", "--head-layers", "2", "--head-hidden", "16", "--head-bottleneck", "8",
		"--local-crops-number", "1", "--batch-size", "4", "--accumulate", "2", "--num-workers", "2", "--run-dir", dir,
	}, more...)
}

// wantExit runs a command that must end so and say that.
func wantExit(t *testing.T, o outcome, code int, say ...string) {
	t.Helper()
	if o.code != code {
		t.Fatalf("exit %d, want %d: %s", o.code, code, o.stderr)
	}
	for _, s := range say {
		if !strings.Contains(o.stderr, s) {
			t.Errorf("%q is not said in: %s", s, o.stderr)
		}
	}
}

// wantSameRun holds a run that was interrupted beside one that never was: the
// last checkpoint's tensors and place, the teacher's file, and every line of
// the metrics but its times.
func wantSameRun(t *testing.T, whole, dir string) {
	t.Helper()
	h, want := lastTensors(t, whole)
	g, got := lastTensors(t, dir)
	if g.Step != h.Step || g.Epoch != h.Epoch || g.Batch != h.Batch || g.Seed != h.Seed || g.Images != h.Images || len(got) != len(want) {
		t.Fatalf("the run ends at %+v, want %+v", g, h)
	}
	for name, w := range want {
		if !slices.Equal(got[name], w) { // none is NaN: the loss was compared
			t.Errorf("%s differs", name)
		}
	}
	a, errA := os.ReadFile(filepath.Join(whole, "teacher.safetensors"))
	b, errB := os.ReadFile(filepath.Join(dir, "teacher.safetensors"))
	if errA != nil || errB != nil || !bytes.Equal(a, b) {
		t.Errorf("teacher.safetensors differs (%v, %v)", errA, errB)
	}
	wl, gl := lines(t, filepath.Join(whole, "metrics.jsonl")), lines(t, filepath.Join(dir, "metrics.jsonl"))
	if len(wl) != len(gl) {
		t.Fatalf("%d lines of metrics, want %d", len(gl), len(wl))
	}
	for i, w := range wl {
		for key, v := range w {
			if key != "images_per_second" && key != "data_wait" && gl[i][key] != v {
				t.Errorf("line %d of the metrics: %s is %v, want %v", i+1, key, gl[i][key], v)
			}
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*", "*.tmp-*")); err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

// A command that printed the way to go on must go on: also where it was told to stop.
func TestResumeDoesNotStopWhereTheRunStopped(t *testing.T) {
	whole, dir := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "run")
	wantExit(t, dinogpu(t, nil, killableRun(whole, "--epochs", "2")...), exitDone)
	// 1: mid-epoch; 6 and 7: at an epoch's end and after it. The last one goes to the end.
	wantExit(t, dinogpu(t, nil, killableRun(dir, "--epochs", "2", "--max-steps", "1")...), exitDone, "after step 1 of 12")
	for _, stop := range []string{"6", "7"} {
		wantExit(t, dinogpu(t, nil, "train", "--resume", dir, "--max-steps", stop), exitDone, "after step "+stop+" of 12")
	}
	wantExit(t, dinogpu(t, nil, "train", "--resume", dir, "--max-time", "1ns"), exitDone, "after step 7 of 12")
	wantExit(t, dinogpu(t, nil, "train", "--resume", dir), exitDone)
	wantSameRun(t, whole, dir)
	// once more changes nothing
	wantExit(t, dinogpu(t, nil, "train", "--resume", dir), exitDone)
	wantSameRun(t, whole, dir)
}

func TestResumeByTheFileThatNamesTheNewest(t *testing.T) {
	args := killableRun("", "--epochs", "1", "--max-steps", "1")
	t.Chdir(t.TempDir())
	wantExit(t, dinogpu(t, nil, slices.Delete(args, len(args)-6, len(args)-4)...), exitDone)
	wantExit(t, dinogpu(t, nil, "train", "--resume", "runs/latest"), exitDone, "going on with runs")
}

func TestTwoProcessesOnOneRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	wantExit(t, dinogpu(t, nil, killableRun(dir, "--epochs", "1", "--max-steps", "1")...), exitDone)
	other, err := run.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	wantExit(t, dinogpu(t, nil, "train", "--resume", dir), exitFailed, "in use by another dinogpu")
	wantExit(t, dinogpu(t, nil, killableRun(dir)...), exitFailed, "in use by another dinogpu")
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	wantExit(t, dinogpu(t, nil, "train", "--resume", dir), exitDone)
}

// The images may lie elsewhere, but must be the same.
func TestResumeWithOtherImages(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	wantExit(t, dinogpu(t, nil, killableRun(dir, "--epochs", "1", "--max-steps", "1")...), exitDone)
	wantExit(t, dinogpu(t, nil, "train", "--resume", dir, "--data", "demo"), exitFailed, "--data demo holds other images", "there are 48, as there were, but their names differ",
		"train --config "+filepath.Join(dir, "config.yaml")+" --data demo --init-from "+dir)
	moved := filepath.Join(t.TempDir(), "t10k-images-idx3-ubyte.gz")
	data, err := os.ReadFile("../../testdata/fashion-mnist/t10k-images-idx3-ubyte.gz")
	if err == nil {
		err = os.WriteFile(moved, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	wantExit(t, dinogpu(t, nil, "train", "--resume", dir, "--data", moved), exitDone)
}

// The checkpoints that are kept: the newest two, and one every three epochs for ever.
func TestKeptCheckpoints(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	wantExit(t, dinogpu(t, nil, killableRun(dir, "--epochs", "8", "--saveckp-freq", "3", "--keep", "2")...), exitDone)
	paths, err := weights.Checkpoints(dir)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, epoch := range []int{8, 7, 6, 3} {
		want = append(want, filepath.Join(dir, "checkpoints", fmt.Sprintf("step-%08d.dino", 6*epoch)))
	}
	if !slices.Equal(paths, want) {
		t.Errorf("kept %v, want %v", paths, want)
	}
}

// A newest checkpoint that is damaged never makes the run lose a whole one.
func TestDamagedNewestIsSetAside(t *testing.T) {
	whole, dir := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "run")
	wantExit(t, dinogpu(t, nil, killableRun(whole, "--epochs", "2")...), exitDone)
	wantExit(t, dinogpu(t, nil, killableRun(dir, "--epochs", "2", "--checkpoint-every", "2", "--max-steps", "8")...), exitDone)
	newest := filepath.Join(dir, "checkpoints", weights.CheckpointName(8))
	data, err := os.ReadFile(newest)
	if err != nil {
		t.Fatal(err)
	}
	for name, damaged := range map[string][]byte{"cut": data[:len(data)/2], "empty": {}, "flipped": append(data[:len(data)-400:len(data)-400], append([]byte{data[len(data)-400] ^ 4}, data[len(data)-399:]...)...)} {
		if err := os.WriteFile(newest, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		o := dinogpu(t, nil, "train", "--resume", dir, "--max-steps", "7", "--keep", "1")
		wantExit(t, o, exitDone, "step-00000008.dino is damaged", "the one before it is taken", "after step 7")
		if t.Failed() {
			t.Fatal(name)
		}
		if h, _ := lastTensors(t, dir); h.Step != 7 {
			t.Errorf("%s: the newest whole checkpoint is of step %d, want 7", name, h.Step)
		}
	}
	wantExit(t, dinogpu(t, nil, "train", "--resume", dir), exitDone)
	wantSameRun(t, whole, dir)
}
