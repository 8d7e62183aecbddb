package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
)

// planOf is what the library plans for a preset on a GPU.
func planOf(t *testing.T, preset string) dino.Plan {
	t.Helper()
	s, err := settings.FromPreset(preset)
	if err != nil {
		t.Fatal(err)
	}
	trainer, err := dino.Record(s.Config, gpu.GPUTarget, 1, dino.Options{Crops: s.Run.Crops})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := trainer.Plan()
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// A plan needs no device and no data, has the keys of its contract, and is the library's.
func TestDryRun(t *testing.T) {
	o := dinogpu(t, nil, "train", "--preset", "vits16", "--dry-run", "--json")
	if o.code != exitDone {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	var plan dino.Plan
	var keys map[string]json.RawMessage
	var bytes map[string]int
	for _, into := range []any{&plan, &keys} {
		if err := json.Unmarshal([]byte(o.stdout), into); err != nil {
			t.Fatalf("%v in %s", err, o.stdout)
		}
	}
	if err := json.Unmarshal(keys["bytes"], &bytes); err != nil {
		t.Fatalf("%v in %s", err, o.stdout)
	}
	want := []string{"bytes", "dispatches_per_step", "fits", "flops_per_step", "largest_binding", "limits", "matmul", "parameters"}
	if d := cmp.Diff(want, slices.Sorted(maps.Keys(keys))); d != "" {
		t.Errorf("keys (-want +got):\n%s", d)
	}
	want = []string{"activations", "gradients", "logits", "moments", "staging", "teacher", "total", "weights"}
	if d := cmp.Diff(want, slices.Sorted(maps.Keys(bytes))); d != "" {
		t.Errorf("keys of bytes (-want +got):\n%s", d)
	}
	if d := cmp.Diff(planOf(t, "vits16"), plan); d != "" {
		t.Errorf("plan (-want +got):\n%s", d)
	}
	if plan.Parameters != 44_017_792 {
		t.Errorf("vits16 has %d parameters", plan.Parameters)
	}
}

// The table has the same numbers.
func TestDryRunTable(t *testing.T) {
	o := dinogpu(t, nil, "train", "--preset", "demo", "--dry-run")
	if o.code != exitDone {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	p := planOf(t, "demo")
	size := func(bytes int) string { return disk.Size(uint64(bytes)) }
	b := p.Bytes
	var got []string
	for line := range strings.Lines(o.stdout) {
		if fields := strings.SplitN(strings.TrimSpace(line), "  ", 2); len(fields) == 2 {
			got = append(got, strings.TrimSpace(fields[1]))
		}
	}
	want := []string{
		fmt.Sprint(p.Parameters), fmt.Sprintf("%.4g GFLOP", p.FlopsPerStep/1e9), fmt.Sprint(p.DispatchesPerStep),
		size(b.Weights), size(b.Gradients), size(b.Moments), size(b.Teacher), size(b.Activations), size(b.Logits), size(b.Staging),
		size(b.Total), size(p.LargestBinding), "any WebGPU device's will do", p.Matmul,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("numbers (-want +got):\n%s", d)
	}
}

// A plan is for a GPU with the matmuls that are asked for, or for software where they are made for that.
func TestPlanTarget(t *testing.T) {
	for matmul, want := range map[string]gpu.Target{
		"auto":     gpu.GPUTarget,
		"tile":     gpu.GPUTarget,
		"register": {Matmul: gpu.Register, Attention: gpu.TileAttention},
		"texel":    gpu.SoftwareTarget,
	} {
		if got := planTarget(matmul); got.Matmul != want.Matmul || got.Attention != want.Attention || got.Software != want.Software {
			t.Errorf("--matmul %s is planned as %+v", matmul, got)
		}
	}
}
