package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// A small model, so that the whole bench takes moments.
const smallBench = "bench --json --time 2s --batch-size 1 --local-crops-number 1 --out-dim 64 --depth 1 --matmul texel"

func TestBenchAsJSON(t *testing.T) {
	trace := filepath.Join(t.TempDir(), "trace.json")
	got := dinogpu(t, nil, append(strings.Fields(smallBench), "--trace", trace)...)
	if got.code != exitDone {
		t.Fatalf("exit %d: %s", got.code, got.stderr)
	}
	var r benchReport
	if err := json.Unmarshal([]byte(got.stdout), &r); err != nil {
		t.Fatal(err)
	}
	if r.Adapter == "" || r.FMA <= 0 || r.Copy <= 0 {
		t.Errorf("adapter %q, %g GFLOP/s, %g GB/s", r.Adapter, r.FMA, r.Copy)
	}
	names, members := map[string]bool{}, map[string]bool{}
	for _, m := range r.Matmul {
		names[m.Name] = true
		if strings.HasPrefix(m.Name, "512^3") {
			members[strings.Fields(m.Variant)[0]] = true
		} else if !strings.HasPrefix(m.Variant, "texel ") {
			t.Errorf("%s of the step runs as %s in spite of --matmul texel", m.Name, m.Variant)
		}
		flops := 2 * float64(m.M) * float64(m.N) * float64(m.K)
		if flops <= 0 || m.Calls < 1 || math.Abs(m.GFlops*1e9*m.Seconds/flops-1) > 1e-6 || math.Abs(m.Share*r.FMA/m.GFlops-1) > 1e-6 {
			t.Errorf("row %+v does not fit together", m)
		}
	}
	for _, want := range []string{"forward", "input gradient", "weight gradient", "512^3 forward", "512^3 input gradient", "512^3 weight gradient"} {
		if !names[want] {
			t.Errorf("no matmul %s among %v", want, names)
		}
	}
	if !members["tile"] || !members["register"] || !members["texel"] {
		t.Errorf("512^3 was measured with %v", members)
	}
	s, total := r.Step, 0.0
	if s.Preset != "demo" || s.Batch != 1 || math.Abs(s.ImagesPerSecond*s.Seconds-1) > 1e-6 || s.GFlops <= 0 || math.Abs(s.Share*r.FMA/s.GFlops-1) > 1e-6 || s.Steps < 1 {
		t.Errorf("step %+v", s)
	}
	for part, share := range s.Parts {
		if share < 0 {
			t.Errorf("part %s has %g", part, share)
		}
		total += share
	}
	if math.Abs(total-1) > 1e-9 {
		t.Errorf("the parts add up to %g", total)
	}
	for _, want := range []string{"matmul", "attention", "layernorm", "tokens", "loss", "optimizer"} {
		if s.Parts[want] <= 0 {
			t.Errorf("no part %s in %v", want, s.Parts)
		}
	}
	if s.Dispatches < 50 || s.Host < 0 || s.Host > 1 {
		t.Errorf("%d dispatches, host %g", s.Dispatches, s.Host)
	}
	checkTrace(t, trace, s)
}

// checkTrace reads a Chrome trace: one event a dispatch, one behind the other, as long together as the step's ops.
func checkTrace(t *testing.T, path string, s stepRow) {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		TraceEvents []struct {
			Name, Ph string
			TS, Dur  float64
			Args     struct{ GFlops float64 }
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.TraceEvents) != s.Dispatches {
		t.Errorf("%d events of %d dispatches", len(file.TraceEvents), s.Dispatches)
	}
	at, matmuls := 0.0, 0
	for _, e := range file.TraceEvents {
		if e.Name == "" || e.Ph != "X" || math.Abs(e.TS-at) > 1e-3 {
			t.Fatalf("event %+v begins at %g", e, at)
		}
		at += e.Dur
		if strings.HasPrefix(e.Name, "matmul") && e.Args.GFlops > 0 {
			matmuls++
		}
	}
	if math.Abs(at/1e6-s.OpSeconds) > 1e-6 || matmuls == 0 {
		t.Errorf("%g s in %d matmuls and the rest, the ops take %g", at/1e6, matmuls, s.OpSeconds)
	}
}

// Where the batch would pass the time, a smaller one is used, on stderr and in the report.
func TestBenchNamesASmallerBatch(t *testing.T) {
	m := &bencher{app: &app{console: &console{w: &strings.Builder{}}}, target: gpu.SoftwareTarget}
	m.settings = parseTrain(t, nil, "--preset", "demo").Settings
	m.report.FMA = 1e-6
	tr, err := m.trainer()
	if err != nil {
		t.Fatal(err)
	}
	if tr.Config.BatchSize != 1 || len(m.report.Notes) != 1 || !strings.Contains(m.report.Notes[0], "batch 1: one of 16") {
		t.Errorf("batch %d, notes %q", tr.Config.BatchSize, m.report.Notes)
	}
}

func TestBenchMistakes(t *testing.T) {
	for args, want := range map[string]string{
		"bench --time 0s":             "--time",
		"bench --preset demoo":        "did you mean demo?",
		"bench --out-dim=-3":          "--out-dim -3",
		"bench --adapter no-such-gpu": "no-such-gpu",
	} {
		got := dinogpu(t, nil, strings.Fields(args)...)
		if got.code == exitDone || !strings.Contains(got.stderr, want) || got.stdout != "" {
			t.Errorf("%s: exit %d, %q", args, got.code, got.stderr)
		}
	}
}

// The time of staging ahead of a matmul and of its partial sums behind it is the matmul's; one with an epilogue is of the
// same row.
func TestMatmulRowsHoldWhatAMatmulNeeds(t *testing.T) {
	m := &bencher{}
	info := layers.MatmulInfo{MatmulShape: layers.MatmulShape{Form: layers.NT, M: 10, N: 20, K: 30}, Variant: "texel 16x16"}
	matmul := gpu.OpTime{Section: "matmul", Kernel: "matmul_texel", Info: info, Seconds: 4}
	info.Fused = true
	fused := gpu.OpTime{Section: "matmul", Kernel: "matmul_texel", Info: info, Seconds: 4}
	rows := m.matmuls([]gpu.OpTime{
		{Section: "bias", Kernel: "columns_sum", Seconds: 100},
		{Section: "matmul", Kernel: "stage", Seconds: 1},
		matmul,
		{Section: "matmul", Kernel: "partials_reduce", Seconds: 2},
		fused,
	}, 3)
	if len(rows) != 1 || rows[0].Name != "forward" || rows[0].Seconds != 5.5 || rows[0].Calls != 6 || rows[0].M != 10 || rows[0].N != 20 || rows[0].K != 30 || rows[0].Variant != "texel 16x16" {
		t.Errorf("rows %+v", rows)
	}
}
