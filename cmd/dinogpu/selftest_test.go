package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dinogpu/dinogpu/gpu"
)

// A small model, so that the whole test takes moments.
const smallSelftest = "selftest --batch-size 2 --local-crops-number 1 --out-dim 64 --depth 1 --matmul texel"

func TestSelftestAsJSON(t *testing.T) {
	got := dinogpu(t, nil, strings.Fields(smallSelftest+" --json --repeat 2")...)
	if got.code != exitDone {
		t.Fatalf("exit %d: %s", got.code, got.stderr)
	}
	var r selftestReport
	d := json.NewDecoder(strings.NewReader(got.stdout))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		t.Fatal(err)
	}
	if r.Adapter == "" || r.Backend == "" || r.Preset != "demo" || r.Batch != 2 || r.Matmul != "texel" || r.Repeat != 2 || r.Seconds <= 0 ||
		r.Tested != len(r.Kernels) || r.Passed != r.Tested {
		t.Errorf("report %+v", r)
	}
	names := map[string]bool{}
	for _, k := range r.Kernels {
		names[strings.TrimSuffix(k.Kernel, "_texel")] = true
		if !k.Passed || k.Trouble != "" || k.Error == nil || *k.Error > k.Tolerance || k.Outputs < 1 || k.Seconds <= 0 || k.Shape == "" || len(k.Tensors) == 0 {
			t.Errorf("row %+v", k)
		}
	}
	for _, want := range []string{
		"matmul", "attention_forward", "attention_backward_query", "attention_backward_keyvalue", "adamw", "ema",
		"student_loss", "teacher_softmax", "attention_probabilities", "knn_topk", "window_rows", "window_topk", "window_labels", "clear",
	} {
		if !names[want] {
			t.Errorf("%s was not tested", want)
		}
	}
}

// A kernel that computes wrongly is named in the table and in the error, which says what to do.
func TestSelftestNamesABrokenKernel(t *testing.T) {
	var stdout, stderr bytes.Buffer
	a := &app{ctx: context.Background(), stdout: &stdout, console: &console{w: &stderr, now: time.Now}}
	device, err := gpu.Open(os.Getenv("DINOGPU_ADAPTER"))
	if err != nil {
		t.Fatal(err)
	}
	defer device.Close()
	test := &selfTester{app: a, settings: parseTrain(t, nil, strings.Fields("--preset demo --batch-size 1 --local-crops-number 0 --depth 1 --out-dim 64 --matmul texel")...).Settings, device: device}
	if err := test.record(); err != nil {
		t.Fatal(err)
	}
	test.also = func(s *gpu.SelfTest) error {
		p, x := gpu.NewProgram("broken", gpu.SoftwareTarget), gpu.NewTensor("x", 64)
		defer gpu.Release(x)
		p.Dispatch(gpu.Kernel{
			Name: "broken_kernel", Groups: [3]int{1, 1, 1}, Tolerance: 1e-10,
			Source: `@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32) { x[i] = 1.001; }`,
			Twin: func(a [][]float32) {
				for i := range a[0] {
					a[0][i] = 1
				}
			},
		}, x)
		defer p.Release()
		if err := p.Build(device); err != nil {
			return err
		}
		return s.Run(p)
	}
	if err := test.run(); err != nil {
		t.Fatal(err)
	}
	err = test.tell(false)
	if exitCode(err) != exitFailed {
		t.Fatalf("exit %d, %v", exitCode(err), err)
	}
	for _, want := range []string{"1 of ", "FAILED", "broken_kernel (64)", "driver", "--adapter", issuesURL, device.Adapter.Name} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error has no %q: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "--matmul") {
		t.Errorf("other matmuls are advised where none failed: %v", err)
	}
	if row := regexp.MustCompile(`(?m)^broken_kernel +64 +64 +1\.0e-06 +1e-10 .*FAILED: x \[64\] differs from its twin$`); !row.MatchString(stdout.String()) {
		t.Errorf("the table has no such row:\n%s", stdout.String())
	}
	lines := strings.Split(strings.TrimSpace(stdout.String()), "\n")
	if !strings.HasPrefix(lines[0], "KERNEL") || !strings.HasSuffix(lines[1], "ok") {
		t.Errorf("the table begins with\n%s\n%s", lines[0], lines[1])
	}
	if last := lines[len(lines)-1]; !regexp.MustCompile(`^\d+ of \d+ kernels passed, preset demo, batch 1, in \d+ s on .+ \(.+\)$`).MatchString(last) {
		t.Errorf("the last line is %q", last)
	}
	path := regexp.MustCompile(`with the file (\S+)$`).FindStringSubmatch(err.Error())
	if path == nil {
		t.Fatalf("no file for a report: %v", err)
	}
	defer os.Remove(path[1])
	data, readErr := os.ReadFile(path[1])
	var r selftestReport
	if readErr != nil || json.Unmarshal(data, &r) != nil || r.Passed != r.Tested-1 || r.Kernels[r.Tested-1].Passed {
		t.Errorf("the file holds %v", r)
	}
}

// A race is named as that in the error and in the report's row.
func TestSelftestNamesARace(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()) // where the file for a report goes
	var r selftestReport
	r.add([]gpu.TestResult{{Kernel: "racy", Trouble: "run 4 of 100 left other bytes", Differs: true, Tensors: []gpu.Tensor{gpu.NewTensor("x", 64)}}})
	err := (&selfTester{report: r}).verdict()
	if err == nil || !strings.Contains(err.Error(), "racy (64), whose results differ from run to run: a race") || !r.Kernels[0].Differs {
		t.Errorf("the error is %v, the row %+v", err, r.Kernels[0])
	}
}

// Other matmuls are advised where one failed.
func TestSelftestAdvisesOtherMatmuls(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()) // where the file for a report goes
	for matmul, want := range map[string]string{"texel": "--matmul tile", "tile": "--matmul texel", "register": "--matmul texel"} {
		r := selftestReport{Matmul: matmul, Tested: 1, Kernels: []selftestRow{{Kernel: "matmul_" + matmul}}}
		if err := (&selfTester{report: r}).verdict(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q in it", matmul, err, want)
		}
	}
}

func TestSelftestMistakes(t *testing.T) {
	for args, want := range map[string]string{
		"selftest --preset demoo":        "did you mean demo?",
		"selftest --optimizer lion":      "lion",
		"selftest --out-dim=-3":          "--out-dim -3",
		"selftest --repeat 0":            "--repeat 0: it must be at least 1",
		"selftest --adapter no-such-gpu": "no-such-gpu",
	} {
		got := dinogpu(t, nil, strings.Fields(args)...)
		if got.code == exitDone || !strings.Contains(got.stderr, want) || got.stdout != "" {
			t.Errorf("%s: exit %d, %q", args, got.code, got.stderr)
		}
	}
}

// On a GPU kernels run more than once unless told; on a software adapter they need not.
func TestSelftestRepeatsOnGPUs(t *testing.T) {
	three := 3
	for _, c := range []struct {
		asked    *int
		software bool
		want     int
	}{{nil, true, 1}, {nil, false, 5}, {&three, true, 3}, {&three, false, 3}} {
		if got := (&selftestCmd{Repeat: c.asked}).repeat(c.software); got != c.want {
			t.Errorf("asked %v on software %v: %d runs, want %d", c.asked, c.software, got, c.want)
		}
	}
}
