//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Kinds of parts that end badly, in the process that a test starts.
func init() {
	text := func() partResult { return &memoryResult{} }
	for name, work := range map[string]func(p *partWork) error{
		"test done": func(p *partWork) error { p.result(&memoryResult{Preset: "done"}); return nil },
		"test error": func(*partWork) error {
			home, _ := os.UserHomeDir()
			wd, _ := os.Getwd()
			return errors.New("`batch_size` of " + privateUser() + " in " + filepath.Join(home, "secret", "a.txt") + " and " + filepath.Join(wd, "b.txt") + " at " + privateHost())
		},
		"test abort": func(p *partWork) error {
			p.result(&memoryResult{Preset: "before"})
			p.at("kernel matmul_tile")
			_, _ = os.Stderr.WriteString(rustPanicText("Parent device is lost at " + privateHost()))
			_ = syscall.Kill(os.Getpid(), syscall.SIGABRT)
			select {}
		},
		"test kill":  func(*partWork) error { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL); select {} },
		"test panic": func(*partWork) error { panic("a mistake of ours") },
		"test hang": func(p *partWork) error {
			p.result(&memoryResult{Preset: "so far"})
			p.at("a fence")
			time.Sleep(time.Hour)
			return nil
		},
	} {
		partKinds[name] = partKind{work, text}
	}
}

func privateUser() string {
	u, err := user.Current()
	if err != nil {
		panic(err)
	}
	return u.Username
}

func privateHost() string {
	name, err := os.Hostname()
	if err != nil {
		panic(err)
	}
	return name
}

// examined runs doctor with these parts, each a process of its own.
func examined(t *testing.T, c doctorCmd, prepare func(a *app)) (o outcome) {
	t.Helper()
	t.Setenv(dinogpuChild, "no")
	return inProcess(t, func(a *app) error {
		if prepare != nil {
			prepare(a)
		}
		return c.Run(a)
	})
}

// inProcess runs a command's work as execute does.
func inProcess(t *testing.T, work func(a *app) error) outcome {
	t.Helper()
	var stdout, stderr strings.Builder
	a := &app{ctx: t.Context(), stdout: &stdout, console: &console{w: &stderr}, env: os.LookupEnv, now: time.Now}
	err := work(a)
	if err != nil {
		stderr.WriteString(err.Error())
	}
	return outcome{exitCode(err), stdout.String(), stderr.String()}
}

func quick(kind string, limit time.Duration) doctorPart {
	return doctorPart{kind, kind, limit, partSpec{}}
}

// jsonOf is the JSON behind a report's text.
func jsonOf(t *testing.T, report string) (r struct {
	Verdict []string `json:"verdict"`
	Parts   []struct {
		Part, Kind string
		State      partState
		Seconds    float64
		Words      string
		Stderr     string
		Result     *struct{ Preset string }
	} `json:"parts"`
},
) {
	t.Helper()
	_, text, found := strings.Cut(report, jsonFollows+"\n")
	if !found {
		t.Fatalf("no JSON in:\n%s", report)
	}
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// A part that crashes, one that is killed, one that hangs, one of ours that panics: each is a line, the others go on, the
// report is written, and nobody's name is in it.
func TestPartsOfDoctorThatEndBadly(t *testing.T) {
	out := filepath.Join(t.TempDir(), "r.txt")
	const long = time.Minute
	o := examined(t, doctorCmd{Out: out, parts: []doctorPart{
		quick("test done", long), quick("test abort", long), quick("test kill", long), quick("test hang", 4*time.Second),
		quick("test error", long), quick("test panic", long), quick("test done", long),
	}}, nil)
	if o.code != exitDone {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	r := jsonOf(t, string(text))
	for i, want := range []struct {
		state  partState
		words  string
		result string
	}{
		{partDone, "", "done"},
		{partCrashed, "while it was at kernel matmul_tile: Error in wgpu", "before"},
		{partCrashed, "it said nothing (signal: killed)", ""},
		{partHung, "ended at its limit of 4s, as it was at a fence for", "so far"},
		{partFailed, "--batch-size of <user> in <home>/.../a.txt and <folder>/.../b.txt at <host>", ""},
		{partFailed, "this is a bug in dinogpu, not in what you did: a mistake of ours", ""},
		{partDone, "", "done"},
	} {
		p := r.Parts[i]
		found := ""
		if p.Result != nil {
			found = p.Result.Preset
		}
		if p.State != want.state || !strings.Contains(p.Words, want.words) || found != want.result || p.Seconds <= 0 || p.Seconds > 30 {
			t.Errorf("part %d: %+v, result %q; want %+v", i+1, p, found, want)
		}
		if line := strings.Join(strings.Fields(p.Part+": "+stateWords[p.State]), " "); !strings.Contains(o.stderr, line) || !strings.Contains(string(text), line) {
			t.Errorf("%q is not said in %s", line, o.stderr)
		}
	}
	if !strings.Contains(r.Parts[1].Stderr, "panicked at") || r.Parts[0].Stderr != "" {
		t.Errorf("raw words: %q, %q", r.Parts[1].Stderr, r.Parts[0].Stderr)
	}
	if !strings.HasPrefix(r.Verdict[0], "Something is wrong") || !strings.Contains(o.stdout, r.Verdict[0]) || !strings.Contains(o.stdout, out) {
		t.Errorf("verdict %q, said: %s", r.Verdict, o.stdout)
	}
	for _, name := range []string{privateHost(), os.TempDir() + "/dinogpu"} {
		if strings.Contains(string(text), name) {
			t.Errorf("%q is in the report", name)
		}
	}
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "dinogpu-doctor-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

// Ctrl-C ends the part under way; what there was so far is written, and says so.
func TestDoctorIsStopped(t *testing.T) {
	out := filepath.Join(t.TempDir(), "r.txt")
	start := time.Now()
	o := examined(t, doctorCmd{Out: out, parts: []doctorPart{quick("test done", time.Minute), quick("test hang", time.Minute), quick("test done", time.Minute)}},
		func(a *app) {
			ctx, cancel := withCancelWhen(a.ctx, func() bool {
				text, _ := os.ReadFile(out)
				return strings.Contains(string(text), "test hang: begun, and not ended")
			})
			t.Cleanup(cancel)
			a.ctx = ctx
		})
	if o.code != exitStopped || time.Since(start) > 30*time.Second {
		t.Fatalf("exit %d after %s: %s", o.code, time.Since(start), o.stderr)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	r := jsonOf(t, string(text))
	var states []partState
	for _, p := range r.Parts {
		states = append(states, p.State)
	}
	if !slices.Equal(states, []partState{partDone, partStopped, partNotRun}) || !strings.Contains(strings.Join(r.Verdict, " "), "You stopped doctor before its end") {
		t.Errorf("%v: %q", states, r.Verdict)
	}
}

// Where the report cannot be written, it is said before anything is looked at.
func TestReportThatCannotBeWritten(t *testing.T) {
	other := filepath.Join(t.TempDir(), "other.txt")
	if err := os.WriteFile(other, []byte("of worth"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(t.TempDir(), "none", "r.txt"): "none",
		t.TempDir(): "is not written over",
		other:       "is not written over",
	} {
		o := examined(t, doctorCmd{Out: path, parts: []doctorPart{quick("test done", time.Minute)}}, nil)
		if o.code == exitDone || !strings.Contains(o.stderr, want) || strings.Contains(o.stderr, "1 of 1") {
			t.Errorf("%s: exit %d: %s", path, o.code, o.stderr)
		}
	}
	if text, err := os.ReadFile(other); err != nil || string(text) != "of worth" {
		t.Errorf("%q, %v", text, err)
	}
}

// The real parts on a small model: all of them are right, and what programs read stays as it is.
func TestDoctor(t *testing.T) {
	small := map[string]string{
		"adapter": os.Getenv("DINOGPU_ADAPTER"), "dim": "16", "depth": "1", "heads": "2", "out_dim": "64", "head_layers": "2", "head_hidden": "16",
		"head_bottleneck": "8", "local_crops_number": "0", "batch_size": "2", "images": "false", "limit": "48",
	}
	var parts []doctorPart
	for _, p := range doctorParts("") {
		if strings.Contains(p.name, "vits16") && p.kind != "memory" {
			continue
		}
		p.spec.Settings = small
		p.limit = 2 * time.Minute // none is to come near it
		if p.kind == "bench" {
			p.spec.Seconds = 1
		}
		if len(p.spec.Presets) > 0 {
			p.spec.Presets = []string{"demo"}
		}
		p.spec.Steps = min(p.spec.Steps, 3)
		parts = append(parts, p)
	}
	o := examined(t, doctorCmd{JSON: true, parts: parts}, nil)
	if o.code != exitDone {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	var r struct {
		Verdict  []string
		System   map[string]any
		Tuning   *tuningComparison
		Training *trainingComparison
		Parts    []struct {
			Kind   string
			State  partState
			Words  string
			Result json.RawMessage
		}
	}
	if err := json.Unmarshal([]byte(o.stdout), &r); err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{
		"adapters": "adapters opened", "tuning": "presets classes kept", "selftest": "adapter driver tested passed kernels", "bench": "fma_gflops copy_gbs",
		"training": "preset batch steps loss images_per_second tuned", "memory": "preset free_bytes tries",
	}
	for i, p := range r.Parts {
		if p.Kind != parts[i].kind || p.State != partDone {
			t.Errorf("part %d, %s: %s %s", i+1, p.Kind, p.State, p.Words)
		}
		var result map[string]json.RawMessage
		if err := json.Unmarshal(p.Result, &result); err != nil {
			t.Errorf("%s: %v", p.Kind, err)
		}
		for _, key := range strings.Fields(keys[p.Kind]) {
			if result[key] == nil {
				t.Errorf("%s lacks %s: %s", p.Kind, key, p.Result)
			}
		}
	}
	if c := r.Training; c == nil || c.Steps != 3 || c.Metric != "" || c.Tensors < 10 || c.Differ != 0 || c.Trouble != "" {
		t.Errorf("training twice: %+v", c)
	}
	if r.Tuning == nil || r.Tuning.Classes < 1 {
		t.Errorf("tuning twice: %+v", r.Tuning)
	}
	if said := strings.Join(r.Verdict, "\n"); !strings.Contains(said, "Two trainings of 3 steps gave the same bytes") || !strings.Contains(said, "Selftest of preset demo: all") || strings.Contains(said, "wrong") {
		t.Errorf("verdict: %s", said)
	}
}

// Two runs that differ are told apart, by metrics and by weights.
func TestCompareTrainings(t *testing.T) {
	a, b := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	wantExit(t, dinogpu(t, nil, killableRun(a, "--epochs", "1", "--max-steps", "2")...), exitDone)
	wantExit(t, dinogpu(t, nil, killableRun(b, "--epochs", "1", "--max-steps", "2", "--seed", "1")...), exitDone)
	if c := compareTrainings(a, a); c.Steps != 2 || c.Metric != "" || c.Tensors < 10 || c.Differ != 0 || c.Trouble != "" {
		t.Errorf("with itself: %+v", c)
	}
	if c := compareTrainings(a, b); c.Step != 1 || c.Metric == "" || c.Differ == 0 || c.Tensor == "" || c.Trouble != "" {
		t.Errorf("with another seed: %+v", c)
	}
	if c := compareTrainings(a, t.TempDir()); c.Steps != 0 || c.Tensors != 0 || c.Trouble != "" {
		t.Errorf("with none: %+v", c)
	}
}

// withCancelWhen cancels a context as soon as something is so.
func withCancelWhen(parent context.Context, so func() bool) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	go func() {
		for !so() && ctx.Err() == nil {
			time.Sleep(10 * time.Millisecond)
		}
		cancel()
	}()
	return ctx, cancel
}
