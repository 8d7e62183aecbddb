package main

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// What follows a death: the same again, or less memory, as long as checkpoints come or restarts are left.
func TestRestartPolicy(t *testing.T) {
	whole := memorySetup{Batch: 6, Accumulate: 2}
	apart := memorySetup{Apart: true, Batch: 6, Accumulate: 2}
	half := memorySetup{Apart: true, Batch: 3, Accumulate: 4}
	single := memorySetup{Apart: true, Batch: 1, Accumulate: 12}
	type turn struct {
		d    death
		want memorySetup
	}
	for name, c := range map[string]struct {
		from  int
		turns []turn
		ends  bool // the next death of the last kind is the end
	}{
		"nothing changes after a lost device": {-1, []turn{{death{kind: died, saved: -1}, whole}, {death{kind: hung, saved: -1}, whole}, {death{kind: died, saved: -1}, whole}}, true},
		"a newer checkpoint is progress":      {-1, []turn{{death{kind: died, saved: 4}, whole}, {death{kind: died, saved: 5}, whole}, {death{kind: died, saved: 6}, whole}, {death{kind: died, saved: 7}, whole}}, false},
		"that where the run began is none":    {9, []turn{{death{kind: died, saved: 9}, whole}, {death{kind: died, saved: 9}, whole}, {death{kind: died, saved: 9}, whole}}, true},
		"less memory":                         {-1, []turn{{death{kind: starved, saved: -1}, apart}, {death{kind: starved, saved: 4}, half}, {death{kind: starved, saved: 5}, single}, {death{kind: starved, saved: 6}, single}}, false},
		"less memory, at most three times":    {-1, []turn{{death{kind: starved, saved: -1}, apart}, {death{kind: starved, saved: -1}, half}, {death{kind: starved, saved: -1}, single}}, true},
		"killed again without getting on":     {-1, []turn{{death{kind: killed, saved: -1}, whole}, {death{kind: killed, saved: -1}, apart}, {death{kind: killed, saved: 4}, apart}}, false},
		"killed after it hung":                {-1, []turn{{death{kind: hung, saved: -1}, whole}, {death{kind: killed, saved: -1}, whole}}, false},
	} {
		p := restartPolicy{most: 3, saved: c.from}
		setup := whole
		for i, turn := range c.turns {
			next, pause, ok := p.after(turn.d, setup)
			if !ok || next != turn.want || pause < restartPause {
				t.Errorf("%s, death %d: %+v after %v, %v; want %+v", name, i+1, next, pause, ok, turn.want)
			}
			setup = next
		}
		if _, _, ok := p.after(c.turns[len(c.turns)-1].d, setup); ok == c.ends {
			t.Errorf("%s: one more death is the end: %v, want %v", name, !ok, c.ends)
		}
	}
	p := restartPolicy{most: 0, saved: -1}
	if _, _, ok := p.after(death{kind: died, saved: 3}, whole); ok {
		t.Error("--restarts 0 restarts")
	}
	if got := half.flagsFrom(whole); strings.Join(got, " ") != "--crops apart --batch-size 3 --accumulate 4" {
		t.Errorf("flags %q", got)
	}
	if got := whole.flagsFrom(whole); len(got) > 0 {
		t.Errorf("flags %q for nothing", got)
	}
}

// The usual is what steps took; only where steps follow each other can one be overdue.
func TestStepWatch(t *testing.T) {
	rule := hangRule{times: 10, atLeast: 5 * time.Minute}
	second := func(w *stepWatch, n int) (hungAfter int) {
		for i := range n {
			if w.tick(time.Second) {
				return i + 1
			}
		}
		return 0
	}
	steps := func(w *stepWatch, n, seconds int) {
		t.Helper()
		for range n {
			if at := second(w, seconds); at > 0 {
				t.Errorf("hung %d seconds after a step, where one takes %d", at, seconds)
			}
			w.step()
		}
	}
	w := stepWatch{rule: rule}
	w.begin()
	if at := second(&w, 10_000); at > 0 {
		t.Errorf("hung after %d seconds, before training began", at)
	}
	w.aside(false)
	if at := second(&w, 10_000); at > 0 {
		t.Errorf("hung after %d seconds, where nobody knows what a step takes", at)
	}
	steps(&w, 30, 2)
	if at := second(&w, 1000); at != 300 {
		t.Errorf("steps of 2 seconds: hung after %d, want 5 minutes", at)
	}
	w.begin()
	w.aside(false)
	steps(&w, usualOf+1, 40)
	if at := second(&w, 1000); at != 400 {
		t.Errorf("steps of 40 seconds: hung after %d, want ten times that", at)
	}
	w.begin()
	w.aside(true)
	if at := second(&w, 10_000); at > 0 {
		t.Errorf("hung after %d seconds of saving", at)
	}
	w.aside(false)
	if w.tick(24 * time.Hour); w.waited > 10*time.Second {
		t.Errorf("a day in which this process was stopped counts as %v", w.waited)
	}
	w.begin() // another process of the run: what a step takes is known
	w.aside(false)
	if at := second(&w, 1000); at != 400 {
		t.Errorf("a process that does no step at all: hung after %d seconds", at)
	}
	bursts := stepWatch{rule: rule} // steps of 200 s whose metrics come two at once
	bursts.begin()
	bursts.aside(false)
	for range 20 {
		if at := second(&bursts, 400); at > 0 {
			t.Fatalf("hung after %d seconds between bursts of steps", at)
		}
		bursts.step()
		bursts.step()
	}
}

func TestLastWords(t *testing.T) {
	for name, c := range map[string]struct{ raw, want string }{
		"wgpu":      {rustPanicText("Parent device is lost"), "Error in wgpuQueueSubmitForIndex: Validation Error: Parent device is lost"},
		"older":     {"x\nthread 'main' panicked at 'called `Option::unwrap()`', src/lib.rs:5:7\nnote: run with `RUST_BACKTRACE=1`\n", "called `Option::unwrap()`"},
		"go":        {"warning\npanic: runtime error: index out of range [5]\n\ngoroutine 7 [running]:\nmain.f()\n", "panic: runtime error: index out of range [5]"},
		"memory":    {"fatal error: runtime: out of memory\n\nruntime stack:\n", "fatal error: runtime: out of memory"},
		"assertion": {"dinogpu: lp_rast.c:12: f: Assertion `x' failed.\nSIGABRT: abort\nPC=0x7f m=0 sigcode=1\n", "dinogpu: lp_rast.c:12: f: Assertion `x' failed. (SIGABRT: abort)"},
		"signal":    {"SIGSEGV: segmentation violation\nPC=0x7f\n", "SIGSEGV: segmentation violation"},
		"a line":    {"one\ntwo \x1b[2J\n\n", "two \\x1b[2J"},
		"nothing":   {"", ""},
		"long":      {strings.Repeat("ab", 1000), strings.Repeat("ab", longestWords/2) + " ..."},
	} {
		if got := lastWords(c.raw); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// rustPanicText is what wgpu wrote when it was made to panic.
func rustPanicText(cause string) string {
	return "\nthread '<unnamed>' panicked at src/lib.rs:575:5:\nError in wgpuQueueSubmitForIndex: Validation Error\n\nCaused by:\n    In wgpuQueueSubmitForIndex\n    " + cause +
		"\n\nstack backtrace:\n   0: rust_begin_unwind\n             at /rustc/0514/library/std/src/panicking.rs:652:5\nnote: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.\nfatal runtime error: failed to initiate panic, error 5\n"
}

// However much a process writes, its last words are kept, and little memory is taken.
func TestRawWordsAreBounded(t *testing.T) {
	var r rawWords
	line := []byte(strings.Repeat("x", 1000) + "\n")
	for range 2000 {
		_, _ = r.Write(line) // never fails
	}
	_, _ = r.Write([]byte("the end"))
	if n := len(r.text); n < keptWords || n > 2*keptWords || !strings.HasSuffix(string(r.text), "\nthe end") {
		t.Errorf("%d bytes are kept", n)
	}
}

// What a run that died is asked to go on with.
func TestArgumentsOfTheNextProcess(t *testing.T) {
	given := []string{"train", "--data", "images", "--run-dir", "r", "--max-time", "2h"}
	s := supervisor{app: &app{args: given}}
	s.hear(message{Is: planned, Setup: memorySetup{Batch: 8, Accumulate: 1}, MaxSteps: 50, MaxTime: 2 * time.Hour})
	s.setup = memorySetup{Apart: true, Batch: 4, Accumulate: 2}
	if got, want := s.again(), append(slices.Clone(given), "--crops", "apart", "--batch-size", "4", "--accumulate", "2"); !slices.Equal(got, want) {
		t.Errorf("before the run has a folder: %q", got)
	}
	s.hear(message{Is: begun, Folder: "r", Apart: true})
	s.hear(message{Is: stepping, On: true, Folder: "renamed"})
	s.until = time.Now().Add(90 * time.Minute)
	got := strings.Join(s.again(), " ")
	if !strings.HasPrefix(got, "train --resume renamed --batch-size 4 --accumulate 2 --max-steps 50 --max-time 1h29m59.") {
		t.Errorf("once it has one: %q", got)
	}
	s.apart, s.until = true, time.Now().Add(-time.Hour)
	if got := strings.Join(s.again(), " "); !strings.HasSuffix(got, " --crops apart --max-steps 50 --max-time 1ns") {
		t.Errorf("when the time is over: %q", got)
	}
	t.Setenv("DINOGPU_LR", "0.5")
	t.Setenv("DINOGPU_CACHE_ELSEWHERE", "kept")
	if env := s.environment(); slices.Contains(env, "DINOGPU_LR=0.5") || !slices.Contains(env, "DINOGPU_CACHE_ELSEWHERE=kept") {
		t.Errorf("its environment is %q", env)
	}
}

// A process that ran out of memory with the crops apart already, as auto had put them, is not followed by one that puts
// them apart.
func TestAutoHadPutTheCropsApart(t *testing.T) {
	for _, apart := range []bool{false, true} {
		s := &supervisor{policy: restartPolicy{most: 3, saved: -1}}
		s.hear(message{Is: planned, Setup: memorySetup{Batch: 8, Accumulate: 1}})
		s.hear(message{Is: ended, Kind: starved, Apart: apart})
		want := memorySetup{Apart: true, Batch: 8, Accumulate: 1}
		if apart {
			want.Batch, want.Accumulate = 4, 2
		}
		if next, _, ok := s.policy.after(death{kind: starved, saved: -1}, s.setup); !ok || next != want {
			t.Errorf("apart %v: %+v follows, want %+v", apart, next, want)
		}
	}
}
