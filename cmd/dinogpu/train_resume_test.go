package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/dino/weights"
)

// shortRun is six steps of the demo's model, in two epochs.
func shortRun(dir string, more ...string) []string {
	return append([]string{"train", "--preset", "demo", "--limit", "48", "--epochs", "2", "--knn-every", "0", "--run-dir", dir}, more...)
}

// lastTensors reads a run's newest checkpoint.
func lastTensors(t *testing.T, dir string) (weights.Header, map[string][]float32) {
	t.Helper()
	h, tensors, err := weights.NewestCheckpoint(dir, func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	m := map[string][]float32{}
	for _, x := range tensors {
		m[x.Name] = x.Values
	}
	return h, m
}

// A run that is stopped anywhere and goes on ends with the same bytes as one that never stopped.
func TestResumeIsAsIfNeverStopped(t *testing.T) {
	t.Run("demo", func(t *testing.T) { resumeIsExact(t, []int{1, 3, 4}) })
	t.Run("lars, drop path, accumulated", func(t *testing.T) {
		resumeIsExact(t, []int{4}, "--optimizer", "lars", "--drop-path-rate", "0.4", "--batch-size", "4", "--accumulate", "4")
	})
}

func resumeIsExact(t *testing.T, stops []int, flags ...string) {
	whole := filepath.Join(t.TempDir(), "whole")
	if o := dinogpu(t, nil, shortRun(whole, append(flags, "--max-steps", "5")...)...); o.code != exitDone {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	_, want := lastTensors(t, whole)
	for _, stop := range stops {
		dir := filepath.Join(t.TempDir(), "run")
		if o := dinogpu(t, nil, shortRun(dir, append(flags, "--max-steps", fmt.Sprint(stop))...)...); o.code != exitDone || !strings.Contains(o.stderr, "--resume "+dir) {
			t.Fatalf("exit %d: %s", o.code, o.stderr)
		}
		// a line that a run cut off later left behind must not stay
		f, err := os.OpenFile(filepath.Join(dir, "metrics.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = f.WriteString("{\"step\":9,\"loss\":1}\n{\"step\":1")
		_ = f.Close()
		if o := dinogpu(t, nil, "train", "--resume", dir, "--max-steps", "5"); o.code != exitDone {
			t.Fatalf("exit %d: %s", o.code, o.stderr)
		}
		h, got := lastTensors(t, dir)
		if h.Step != 5 || len(got) != len(want) {
			t.Fatalf("header %+v, %d tensors", h, len(got))
		}
		for name, w := range want {
			for i, v := range got[name] {
				if math.Float32bits(v) != math.Float32bits(w[i]) {
					t.Errorf("stopped after %d: %s[%d] is %g, want %g", stop, name, i, v, w[i])
					break
				}
			}
		}
		a, b := lines(t, filepath.Join(whole, "metrics.jsonl")), lines(t, filepath.Join(dir, "metrics.jsonl"))
		if len(a) != 5 || len(b) != 5 || a[4]["loss"] != b[4]["loss"] {
			t.Errorf("stopped after %d: %d and %d lines of metrics", stop, len(a), len(b))
		}
	}
}

func TestResumeTakesTheCheckpointBeforeADamagedOne(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	dinogpu(t, nil, shortRun(dir, "--max-steps", "4", "--checkpoint-every", "1")...)
	paths, err := weights.Checkpoints(dir)
	if err != nil || len(paths) != 2 || !strings.HasSuffix(paths[0], "step-00000004.dino") {
		t.Fatalf("checkpoints %v, %v: want the newest two", paths, err)
	}
	data, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(paths[0], data, 0o600); err != nil {
		t.Fatal(err)
	}
	o := dinogpu(t, nil, "train", "--resume", dir, "--max-steps", "4")
	if o.code != exitDone || !strings.Contains(o.stderr, "the one before it is taken") || !strings.Contains(o.stderr, "after step 3") {
		t.Errorf("exit %d: %s", o.code, o.stderr)
	}
}

func TestResumeRefusesAnotherRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	dinogpu(t, nil, shortRun(dir, "--max-steps", "1")...)
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"rate":         {[]string{"--resume", dir, "--lr", "0.5"}, "--lr 0.5"},
		"model":        {[]string{"--resume", dir, "--out-dim", "64"}, "--out-dim 64"},
		"fewer epochs": {[]string{"--resume", dir, "--epochs", "1"}, "--epochs 1"},
		"no run":       {[]string{"--resume", filepath.Join(dir, "nothing")}, "nothing"},
	} {
		if o := dinogpu(t, nil, append([]string{"train"}, c.args...)...); o.code != exitUsage && o.code != exitFailed || !strings.Contains(o.stderr, c.want) {
			t.Errorf("%s: exit %d: %s", name, o.code, o.stderr)
		}
	}
	if o := dinogpu(t, nil, "train", "--resume", dir, "--epochs", "3", "--max-steps", "2"); o.code != exitDone || !strings.Contains(o.stderr, "laid over the new length") {
		t.Errorf("more epochs: exit %d: %s", o.code, o.stderr)
	}
}

// Checkpoints that are there but cannot be listed are no run without checkpoints, which would start again.
func TestResumeDoesNotStartAgainWhereCheckpointsCannotBeListed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	dinogpu(t, nil, shortRun(dir, "--max-steps", "1")...)
	folder := filepath.Join(dir, "checkpoints")
	if err := os.Rename(folder, folder+"-aside"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(folder, nil, 0o600); err != nil { // listing it fails, for root too
		t.Fatal(err)
	}
	wantExit(t, dinogpu(t, nil, "train", "--resume", dir), exitFailed, folder+" cannot be read")
	if got := lines(t, filepath.Join(dir, "metrics.jsonl")); len(got) != 1 {
		t.Errorf("%d lines of metrics, want the 1 that was there", len(got))
	}
}
