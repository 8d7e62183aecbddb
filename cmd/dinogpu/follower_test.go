package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/run"
)

// A clock that moves when told to, and a console that writes to a buffer.
func testConsole(tty bool, width int) (c *console, out *bytes.Buffer, pass func(time.Duration)) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	out = &bytes.Buffer{}
	c = &console{w: out, tty: tty, width: func() int { return width }, now: func() time.Time { return now }}
	return c, out, func(d time.Duration) { now = now.Add(d) }
}

func metrics(step int) dino.StepMetrics {
	return dino.StepMetrics{Step: step, Epoch: step / 500, Loss: 5.5, ImagesPerSecond: 210.4}
}

func TestPlainLinesComeAtSensibleIntervals(t *testing.T) {
	c, out, pass := testConsole(false, 80)
	p := &follower{console: c, progress: run.NewProgress(4000, 8)}
	for step := 1; step <= 4000; step++ {
		p.Step(metrics(step))
		pass(100 * time.Millisecond) // 400 s in all
	}
	p.Status("")
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	// Twelve in the first two minutes, the first among them, then one a
	// minute, and the last step's.
	if len(lines) < 15 || len(lines) > 19 {
		t.Errorf("%d lines:\n%s", len(lines), out)
	}
	if strings.Contains(out.String(), "\r") || strings.Contains(out.String(), "\x1b") {
		t.Error("a file gets a terminal's codes")
	}
	if want := "epoch 1/8  step 1/4000  loss 5.500  210 images/s"; lines[0] != want {
		t.Errorf("first line %q, want %q", lines[0], want)
	}
	if last := lines[len(lines)-1]; !strings.Contains(last, "step 4000/4000") || !strings.HasSuffix(last, "ETA 0s") {
		t.Errorf("last line %q", last)
	}
}

func TestEtaAndEvaluationInTheLine(t *testing.T) {
	c, out, pass := testConsole(false, 80)
	p := &follower{console: c, progress: run.NewProgress(1001, 2)}
	p.Step(metrics(1))
	p.Measured(1, run.EvalMetrics{Step: 1, KNNTeacher: 61.25, KNNStudent: 60})
	pass(25 * time.Second)
	m := metrics(101)
	m.DataWait = 0.345
	p.Step(m)
	// 100 steps in 25 s: 900 more take 225.
	want := "epoch 1/2  step 101/1001  loss 5.500  k-NN 61.2 %  210 images/s  waiting for images 34 %  ETA 3m45s\n"
	if !strings.HasSuffix(out.String(), want) {
		t.Errorf("got %q, want it to end in %q", out, want)
	}
}

func TestTerminalLineIsRewrittenAndCut(t *testing.T) {
	c, out, pass := testConsole(true, 30)
	p := &follower{console: c, progress: run.NewProgress(4000, 8)}
	for step := 1; step <= 20; step++ {
		p.Step(metrics(step))
		pass(50 * time.Millisecond)
	}
	c.Print("a notice")
	p.Status("")
	text := out.String()
	if n := strings.Count(text, "\n"); n != 1 {
		t.Errorf("%d line ends, want only the notice's: %q", n, text)
	}
	if n := strings.Count(text, "step "); n > 12 {
		t.Errorf("drawn %d times in a second", n)
	}
	if !strings.Contains(text, "\r\x1b[Ka notice\nepoch") {
		t.Errorf("the notice does not stand on a line of its own: %q", text)
	}
	if !strings.HasSuffix(text, "\r\x1b[K") {
		t.Errorf("the line is left behind: %q", text)
	}
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == '\r' || r == '\n' }) {
		if shown := strings.TrimPrefix(part, "\x1b[K"); len(shown) > 29 {
			t.Errorf("%q would wrap on 30 columns", shown)
		}
	}
}
