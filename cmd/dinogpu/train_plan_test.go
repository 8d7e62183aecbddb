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
	"github.com/dinogpu/dinogpu/dino/weights"
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
	want := []string{"bytes", "crops", "disk_bytes", "dispatches_per_step", "fits", "flops_per_step", "largest_binding", "limits", "matmul", "parameters", "steps_per_epoch"}
	if d := cmp.Diff(want, slices.Sorted(maps.Keys(keys))); d != "" {
		t.Errorf("keys (-want +got):\n%s", d)
	}
	want = []string{"activations", "gradients", "logits", "moments", "staging", "teacher", "total", "weights"}
	if d := cmp.Diff(want, slices.Sorted(maps.Keys(bytes))); d != "" {
		t.Errorf("keys of bytes (-want +got):\n%s", d)
	}
	if string(keys["limits"]) != `"default"` {
		t.Errorf("limits are %s", keys["limits"])
	}
	if d := cmp.Diff(planOf(t, "vits16"), plan); d != "" {
		t.Errorf("plan (-want +got):\n%s", d)
	}
	if plan.Parameters != 44_017_792 {
		t.Errorf("vits16 has %d parameters", plan.Parameters)
	}
}

// A plan for a desktop GPU has all crops side by side in few dispatches, and one for the adapter goes by that.
func TestDryRunLimits(t *testing.T) {
	plan := func(flags ...string) (r planReport) {
		t.Helper()
		o := dinogpu(t, nil, append([]string{"train", "--dry-run", "--json"}, flags...)...)
		if err := json.Unmarshal([]byte(o.stdout), &r); o.code != exitDone || err != nil {
			t.Fatalf("%v: exit %d, %v: %s", flags, o.code, err, o.stderr)
		}
		return r
	}
	desktop := plan("--preset", "vits16", "--batch-size", "64", "--crops", "together", "--limits", "desktop")
	if desktop.DispatchesPerStep > 700 || desktop.LargestBinding < 128<<20 || desktop.Limits != limitsDesktop || desktop.Crops != "together" {
		t.Errorf("desktop: %+v", desktop)
	}
	least := plan("--preset", "vits16", "--batch-size", "64", "--limits", "default")
	if least.LargestBinding > 128<<20 || least.Crops != "apart" || least.DispatchesPerStep < 4*desktop.DispatchesPerStep {
		t.Errorf("default: %+v", least)
	}
	if adapter := plan("--preset", "demo", "--limits", "adapter"); adapter.Limits != limitsAdapter || adapter.Matmul != "texel" {
		t.Errorf("adapter: %+v", adapter)
	}

	o := dinogpu(t, nil, "train", "--dry-run", "--preset", "vits16", "--crops", "together")
	if o.code != exitFailed || !strings.Contains(o.stderr, "the limit is 128.0 MiB") || !strings.Contains(o.stderr, "--limits desktop") {
		t.Errorf("together on any device: exit %d: %s", o.code, o.stderr)
	}
	o = dinogpu(t, nil, "train", "--preset", "demo", "--limits", "desktop")
	if o.code != exitUsage || !strings.Contains(o.stderr, "--limits belongs to --dry-run") {
		t.Errorf("limits of a run: exit %d: %s", o.code, o.stderr)
	}
}

// A plan says what the run would refuse, and what it takes on the disk.
func TestDryRunCountsImages(t *testing.T) {
	few := photographs(t, 3)
	o := dinogpu(t, nil, "train", "--preset", "vitti16", "--data", few, "--dry-run")
	if o.code != exitFailed || !strings.Contains(o.stderr, "more than the 3 images there are") {
		t.Errorf("3 images for a batch of 64: exit %d: %s", o.code, o.stderr)
	}
	o = dinogpu(t, nil, "train", "--preset", "vitti16", "--data", few, "--batch-size", "1", "--dry-run")
	if o.code != exitDone || !strings.Contains(o.stdout, "300, 3 per epoch") || !strings.Contains(o.stdout, "disk ") {
		t.Errorf("3 images one by one: exit %d: %s %s", o.code, o.stdout, o.stderr)
	}
}

// diskOf is what a preset's run takes: three checkpoints, those that are kept for ever, and the teacher.
func diskOf(t *testing.T, preset string) uint64 {
	t.Helper()
	s, err := settings.FromPreset(preset)
	if err != nil {
		t.Fatal(err)
	}
	trainer, err := dino.Record(s.Config, gpu.GPUTarget, 1, dino.Options{})
	if err != nil {
		t.Fatal(err)
	}
	state := trainer.StateLayout()
	return uint64(3+s.Config.Epochs/s.Run.SaveckpFreq)*weights.CheckpointBytes(state) + weights.TeacherBytes(state) + 64<<10
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
		size(b.Total), size(p.LargestBinding), "any WebGPU device's will do", p.Crops, p.Matmul,
		size(int(diskOf(t, "demo"))), "4000, 500 per epoch", "not known: dinogpu bench measures a step here",
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

		"tile 128x128x8 8x8": {Matmul: gpu.Tile, Attention: gpu.TileAttention, Variant: "tile 128x128x8 8x8", Only: true},
		"texel 8x8":          {Software: true, Matmul: gpu.Texel, Attention: gpu.TexelAttention, Variant: "texel 8x8", Only: true},
	} {
		if got := plannedTarget(gpu.GPUTarget, matmul); got.Matmul != want.Matmul || got.Attention != want.Attention || got.Variant != want.Variant || got.Only != want.Only || got.Software != want.Software {
			t.Errorf("--matmul %s is planned as %+v", matmul, got)
		}
	}
}
