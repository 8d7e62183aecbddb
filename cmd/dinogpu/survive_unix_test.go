//go:build unix

package main

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dinogpu/dinogpu/dino/weights"
)

// Killed a dozen times without warning, wherever it just was (a step, a
// checkpoint that is half written), a run ends as if it had never stopped.
func TestKilledAgainAndAgain(t *testing.T) {
	const kills, epochs = 12, "24" // 144 steps, of which kills see 12 x 11 or so
	whole, dir := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "run")
	wantExit(t, dinogpu(t, nil, killableRun(whole, "--epochs", epochs)...), exitDone)

	rng := rand.New(rand.NewPCG(1, 2))
	args := killableRun(dir, "--epochs", epochs, "--checkpoint-every", "1")
	halfWritten := 0
	for i := range kills {
		c, stderr := child("", args...)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- c.Wait() }()
		awaitSteps(t, dir, rng.IntN(11), ended, stderr)
		if i%2 == 0 {
			time.Sleep(time.Duration(rng.IntN(20_000)) * time.Microsecond)
		} else {
			awaitWriting(dir)
		}
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		<-ended
		left, err := filepath.Glob(filepath.Join(dir, "checkpoints", "*.tmp-*"))
		if err != nil {
			t.Fatal(err)
		}
		halfWritten += len(left)
		args = []string{"train", "--resume", dir}
	}
	wantExit(t, dinogpu(t, nil, args...), exitDone)
	wantSameRun(t, whole, dir)
	t.Logf("%d of %d kills left half a checkpoint", halfWritten, kills)
}

// Ctrl-C, a polite kill and a terminal that closes, once or as they really come: the step ends, is saved, and the way to
// go on is said.
func TestPoliteStops(t *testing.T) {
	whole, dir := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "run")
	wantExit(t, dinogpu(t, nil, killableRun(whole, "--epochs", "30")...), exitDone)
	args := killableRun(dir, "--epochs", "30")
	for _, stop := range [][]os.Signal{
		{os.Interrupt}, {syscall.SIGTERM}, {syscall.SIGHUP}, {syscall.SIGTERM, syscall.SIGTERM}, {syscall.SIGHUP, syscall.SIGHUP}, {syscall.SIGTERM, syscall.SIGHUP},
	} {
		c, stderr := child("", args...)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- c.Wait() }()
		awaitSteps(t, dir, 8, ended, stderr)
		for _, sig := range stop {
			if err := c.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Millisecond) // as two signals for one stop lie apart
		}
		<-ended
		o := outcome{code: c.ProcessState.ExitCode(), stderr: stderr.String()}
		wantExit(t, o, exitStopped, "Stopping after this step", "everything is saved", os.Args[0]+" train --resume "+dir)
		args = []string{"train", "--resume", dir}
	}
	wantExit(t, dinogpu(t, nil, args...), exitDone)
	wantSameRun(t, whole, dir)
}

// A pipe whose reader has gone ends no run: "2>&1 | tee log", whose tee a Ctrl-C ends first, and "2>&1 | head -1".
func TestBrokenPipe(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "whole")
	wantExit(t, dinogpu(t, nil, killableRun(whole, "--epochs", "20")...), exitDone)
	for name, interrupt := range map[string]bool{"tee": true, "head": false} {
		dir := filepath.Join(t.TempDir(), "run")
		c, _ := child("", killableRun(dir, "--epochs", "20")...)
		read, write, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		c.Stdout, c.Stderr = write, write
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		_ = write.Close()
		ended := make(chan error, 1)
		go func() { ended <- c.Wait() }()
		awaitSteps(t, dir, 8, ended, &strings.Builder{})
		_ = read.Close()
		want := exitDone
		if interrupt {
			want = exitStopped
			if err := c.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
		}
		<-ended
		if got := c.ProcessState.ExitCode(); got != want {
			t.Fatalf("%s: %v, want exit %d", name, c.ProcessState, want)
		}
		if interrupt {
			if log := strings.Join(logLines(t, dir), "\n"); !strings.Contains(log, "stopped; everything is saved after step") {
				t.Errorf("%s: the log does not tell of the stop:\n%s", name, log)
			}
			wantExit(t, dinogpu(t, nil, "train", "--resume", dir), exitDone)
		}
		wantSameRun(t, whole, dir)
	}
}

// logLines are those of a run's train.log.
func logLines(t *testing.T, dir string) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "train.log"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(data)), "\n")
}

// awaitSteps waits until the run's metrics have grown by that many lines since
// the process took the folder.
func awaitSteps(t *testing.T, dir string, steps int, ended <-chan error, stderr interface{ String() string }) {
	t.Helper()
	grown, last := -1, int64(-1) // the first size is what is there
	for deadline := time.Now().Add(2 * time.Minute); grown < steps; {
		select {
		case err := <-ended:
			t.Fatalf("the run ended by itself (%v): %s", err, stderr)
		case <-time.After(500 * time.Microsecond):
		}
		info, err := os.Stat(filepath.Join(dir, "metrics.jsonl"))
		if err == nil && info.Size() != last {
			grown, last = grown+1, info.Size()
		}
		if time.Now().After(deadline) {
			t.Fatalf("the run does not get on: %s", stderr)
		}
	}
}

// awaitWriting waits, a while at most, until the run is writing a checkpoint.
func awaitWriting(dir string) {
	for deadline := time.Now().Add(2 * time.Second); time.Now().Before(deadline); {
		if entries, _ := os.ReadDir(filepath.Join(dir, "checkpoints")); slices.ContainsFunc(entries, func(e os.DirEntry) bool {
			return strings.Contains(e.Name(), ".tmp-")
		}) {
			return
		}
	}
}

// A checkpoint that the disk stops taking in its middle: what stood stands,
// nothing half written stays, and the run can go on later.
func TestFileLimit(t *testing.T) {
	whole, dir := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "run")
	wantExit(t, dinogpu(t, nil, killableRun(whole, "--epochs", "2")...), exitDone)
	wantExit(t, dinogpu(t, nil, killableRun(dir, "--epochs", "2", "--max-steps", "3")...), exitDone)
	c, stderr := child("65536", "train", "--resume", dir, "--checkpoint-every", "2")
	_ = c.Run() // its exit status is what is looked at
	o := outcome{code: c.ProcessState.ExitCode(), stderr: stderr.String()}
	wantExit(t, o, exitFailed, "larger than a file may be", "Training goes on", "step 12 could not be saved", "that of step 3")
	if h, _ := lastTensors(t, dir); h.Step != 3 {
		t.Errorf("the newest checkpoint is of step %d, want 3", h.Step)
	}
	if entries, err := os.ReadDir(filepath.Join(dir, "checkpoints")); err != nil || len(entries) != 1 || entries[0].Name() != weights.CheckpointName(3) {
		t.Errorf("the checkpoints are %v, %v", entries, err)
	}
	wantExit(t, dinogpu(t, nil, "train", "--resume", dir), exitDone)
	wantSameRun(t, whole, dir)
}
