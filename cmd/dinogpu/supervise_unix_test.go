//go:build unix

package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
)

// A file of deaths, one a line: each process that trains takes the first for its own.
const deathsFile = "TEST_DINOGPU_DEATHS"

// hangsAfter stands for the five minutes after which a process hangs.
const hangsAfter = 8 * time.Second

// prepareDeath has a training process die of the first line of the file: "kill 5", at step 5, or "full 2", at its beginning
// as long as more than two images go through the networks at once.
func prepareDeath() error {
	hangs.atLeast = hangsAfter
	file := os.Getenv(deathsFile)
	if file == "" || os.Getenv(childMark) == "" {
		return nil
	}
	text, err := os.ReadFile(file)
	if err != nil || len(text) == 0 {
		return err
	}
	line, rest, _ := strings.Cut(string(text), "\n")
	if err := os.WriteFile(file, []byte(rest), 0o600); err != nil {
		return err
	}
	var kind string
	var n int
	if _, err := fmt.Sscan(line, &kind, &n); err != nil {
		return err
	}
	die := map[string]func(){
		"kill":  func() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL) },
		"abort": func() { _ = syscall.Kill(os.Getpid(), syscall.SIGABRT) },
		"lost": func() {
			_, _ = os.Stderr.WriteString(rustPanicText("Parent device is lost"))
			_ = syscall.Kill(os.Getpid(), syscall.SIGABRT)
		},
		"memory": func() {
			_, _ = os.Stderr.WriteString(rustPanicText("Not enough memory left."))
			_ = syscall.Kill(os.Getpid(), syscall.SIGABRT)
		},
		"hang": func() {},
	}[kind]
	faults.step = func(step int) {
		if step == n && die != nil {
			die()
			select {}
		}
	}
	if kind == "full" {
		faults.begin = func(s settings.Settings) error {
			if s.Run.Crops == settings.CropsApart && s.Config.BatchSize <= n {
				return nil
			}
			return fmt.Errorf("program crops: %w", &gpu.MemoryError{What: "student", Need: 3 << 30, Taken: 1 << 20, Raw: "wgpu says so"})
		}
	}
	return nil
}

// mortal is a training command whose processes die of these, one after the other.
func mortal(t *testing.T, deaths []string, args ...string) (c *exec.Cmd, stderr interface{ String() string }, file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "deaths")
	if err := os.WriteFile(file, []byte(strings.Join(deaths, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, stderr = child("", args...)
	c.Env = append(c.Env, deathsFile+"="+file, "DINOGPU_TUNE=false")
	return c, stderr, file
}

// diesAndEnds runs such a command to its end.
func diesAndEnds(t *testing.T, deaths []string, args ...string) outcome {
	t.Helper()
	c, stderr, file := mortal(t, deaths, args...)
	if err := c.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	if left, err := os.ReadFile(file); err != nil || len(left) > 0 {
		t.Errorf("nobody died of %q, %v", left, err)
	}
	return outcome{code: c.ProcessState.ExitCode(), stderr: stderr.String()}
}

// However a training process dies, before its first checkpoint and after, the run ends as if nothing had been.
func TestDeathsAreMadeGood(t *testing.T) {
	t.Parallel()
	whole, dir := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "run")
	wantExit(t, dinogpu(t, nil, killableRun(whole, "--epochs", "5")...), exitDone)
	o := diesAndEnds(t, []string{"kill 3", "abort 9", "lost 14", "hang 25"}, killableRun(dir, "--epochs", "5", "--keep", "9")...)
	wantExit(t, o, exitDone,
		"The training process was killed (by the system", "It starts again at its first step; restart 1 of at most 3 without a new checkpoint.",
		"The training process died (SIGABRT: abort). It goes on after step 6; restart 1 of at most 3",
		"The training process died (Error in wgpuQueueSubmitForIndex: Validation Error: Parent device is lost). It goes on after step 12; restart 1",
		"The training process hung (no step came for 8s, where one takes", "It goes on after step 24; restart 1")
	if strings.Contains(o.stderr, "goroutine") || strings.Contains(o.stderr, "backtrace") || strings.Contains(o.stderr, "panicked at") {
		t.Errorf("a trace is shown: %s", o.stderr)
	}
	wantSameRun(t, whole, dir)
	log := strings.Join(logLines(t, dir), "\n")
	for _, want := range []string{"Z The training process died (Error in wgpuQueue", "Z thread '<unnamed>' panicked at src/lib.rs:575:5:", "Z going on with " + dir + " after step 24"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not tell %q:\n%s", want, log)
		}
	}
}

// A run that runs out of memory goes on with its crops apart, then with half the batch, and learns the same but for
// rounding.
func TestLessMemoryIsTaken(t *testing.T) {
	t.Parallel()
	whole, dir := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "run")
	wantExit(t, dinogpu(t, nil, killableRun(whole, "--epochs", "3")...), exitDone)
	o := diesAndEnds(t, []string{"full 4", "memory 8", "kill 13"}, killableRun(dir, "--epochs", "3")...)
	wantExit(t, o, exitDone,
		"The training process had too little memory (program crops: out of memory: student needs 3.0 GiB on the device",
		". It starts again with --crops apart; restart 1 of at most 3",
		"The training process had too little memory (Error in wgpuQueueSubmitForIndex: Validation Error: Not enough memory left.). It goes on after step 6 with --batch-size 2 --accumulate 4; restart 1",
		"--batch-size 2 and --accumulate 4 instead of 4 and 2", "It goes on after step 12; restart 1")
	if strings.Contains(o.stderr, "wgpu says so") || strings.Contains(o.stderr, "dinogpu: ") {
		t.Errorf("said %s", o.stderr)
	}
	want, got := lines(t, filepath.Join(whole, "metrics.jsonl")), lines(t, filepath.Join(dir, "metrics.jsonl"))
	if len(got) != 18 || len(want) != 18 {
		t.Fatalf("%d and %d lines of metrics", len(got), len(want))
	}
	for i := range want {
		if w, g := want[i]["loss"], got[i]["loss"]; got[i]["step"] != want[i]["step"] || math.Abs(g-w) > 1e-3*w {
			t.Errorf("step %v: loss %g, want %g", want[i]["step"], g, w)
		}
	}
}

// Restarts that bring nothing come to an end, which says how to go on.
func TestRestartsAreBounded(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	o := diesAndEnds(t, []string{"lost 2", "lost 1"}, killableRun(dir, "--epochs", "1", "--restarts", "1")...)
	wantExit(t, o, exitFailed, "dinogpu: the training process died (Error in wgpuQueueSubmitForIndex: Validation Error: Parent device is lost); 1 restart brought no new checkpoint; it goes on with: "+os.Args[0]+" train --resume "+dir,
		"All that it said is in "+filepath.Join(dir, "train.log"))
	o = diesAndEnds(t, []string{"full 0"}, "train", "--resume", dir, "--restarts", "0")
	wantExit(t, o, exitFailed, "dinogpu: program crops: out of memory: student needs 3.0 GiB")
	wantExit(t, dinogpu(t, nil, "train", "--resume", dir), exitDone)
	whole := filepath.Join(t.TempDir(), "whole")
	wantExit(t, dinogpu(t, nil, killableRun(whole, "--epochs", "1")...), exitDone)
	wantSameRun(t, whole, dir)
}

// Who kills what they started has killed all of it, and can go on at once.
func TestChildDiesWithItsParent(t *testing.T) {
	t.Parallel()
	whole, dir := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "run")
	wantExit(t, dinogpu(t, nil, killableRun(whole, "--epochs", "20")...), exitDone)
	args := killableRun(dir, "--epochs", "20")
	for range 2 {
		c, stderr := child("", args...)
		file, err := os.Create(filepath.Join(t.TempDir(), "stderr")) // a pipe would have Wait wait for both processes
		if err != nil {
			t.Fatal(err)
		}
		c.Stderr = file
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- c.Wait() }()
		awaitSteps(t, dir, 8, ended, stderr)
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		<-ended
		o := dinogpu(t, nil, "train", "--resume", dir, "--max-time", "1ns")
		wantExit(t, o, exitDone, "going on with")
		_ = file.Close()
		args = []string{"train", "--resume", dir}
	}
	wantExit(t, dinogpu(t, nil, args...), exitDone)
	wantSameRun(t, whole, dir)
}

// A signal that both processes get is one, and a stop is none of the ends that are made good.
func TestSignalOfTheGroupCountsOnce(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	c, stderr := child("", killableRun(dir, "--epochs", "300")...)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	awaitSteps(t, dir, 8, ended, &strings.Builder{})
	if err := syscall.Kill(-c.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	<-ended
	o := outcome{code: c.ProcessState.ExitCode(), stderr: stderr.String()}
	wantExit(t, o, exitStopped, "stopped; everything is saved", os.Args[0]+" train --resume "+dir)
	if n := strings.Count(o.stderr, "Stopping after this step."); n != 1 || strings.Contains(o.stderr, "restart") {
		t.Errorf("said %d times: %s", n, o.stderr)
	}
}

// What needs no other process has none, and mistakes are said once.
func TestWhereNoProcessIsStarted(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{killableRun(dir, "--epochs", "1", "--no-supervise"), exitDone, "run folder "},
		{[]string{"train", "--preset", "demo", "--dry-run"}, exitDone, ""},
		{[]string{"train", "--preset", "demo", "--json"}, exitUsage, "--json belongs to --dry-run"},
		{[]string{"train", "--help"}, exitDone, ""},
		{[]string{"train", "--restarts=-1"}, exitUsage, "--restarts -1 must be at least 0"},
	} {
		cmd, stderr, file := mortal(t, []string{"kill 1"}, c.args...)
		_ = cmd.Run() // the status is looked at
		wantExit(t, outcome{code: cmd.ProcessState.ExitCode(), stderr: stderr.String()}, c.code, c.says)
		if left, err := os.ReadFile(file); err != nil || len(left) == 0 {
			t.Errorf("%q started a process: %v", c.args, err)
		}
	}
	for args, want := range map[string]string{"--lr fast": "--lr", "--preset demo --batch-size 0": "--batch-size 0 must be"} {
		cmd, stderr := child("", append([]string{"train"}, strings.Fields(args)...)...)
		_ = cmd.Run() // so here
		o := outcome{code: cmd.ProcessState.ExitCode(), stderr: stderr.String()}
		wantExit(t, o, exitUsage, want)
		if n := strings.Count(o.stderr, "dinogpu: "); n != 1 {
			t.Errorf("%s: said %d times: %s", args, n, o.stderr)
		}
	}
}
