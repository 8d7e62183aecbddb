package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"

	"github.com/dinogpu/dinogpu/dino/settings"
)

func TestShadersWritesCompleteKernels(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "kernels")
	got := dinogpu(t, nil, "shaders", "--out", dir)
	if got.code != exitDone {
		t.Fatalf("exit %d: %s", got.code, got.stderr)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.wgsl"))
	if err != nil || len(files) < 40 {
		t.Fatalf("%d files, want at least 40: %v", len(files), err)
	}
	kinds := map[string]bool{}
	for _, file := range files {
		name, _, _ := strings.Cut(filepath.Base(file), "-")
		kinds[name] = true
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := string(data)
		if strings.Count(text, "@compute") != 1 || !strings.Contains(text, "fn main(") {
			t.Errorf("%s has no entry point", file)
		}
		for _, left := range []string{"{{", "}}", "//import", "<no value>", "%!"} {
			if strings.Contains(text, left) {
				t.Errorf("%s holds %q", file, left)
			}
		}
	}
	for _, want := range []string{"matmul_tile", "matmul_texel", "adamw", "ema", "student_loss", "attention_forward_tile", "attention_forward_texel", "matmul_register", "sgd", "lars_ratio", "knn_topk", "attention_probabilities"} {
		if !kinds[want] {
			t.Errorf("no %s among %v", want, kinds)
		}
	}
	before := len(files)
	dinogpu(t, nil, "shaders", "--out", dir)
	if files, _ = filepath.Glob(filepath.Join(dir, "*.wgsl")); len(files) != before {
		t.Errorf("%d files after a second time, %d after the first: names are not stable", len(files), before)
	}
}

// A preset whose batch passes the default limits still has its kernels written, and the batch named.
func TestShadersOfLargePresets(t *testing.T) {
	got := dinogpu(t, nil, "shaders", "--preset", "vits8", "--out", t.TempDir())
	if got.code != exitDone || !strings.Contains(got.stdout, "preset vits8") {
		t.Errorf("exit %d: %s", got.code, got.stderr)
	}
	// one crop's logits of such a batch pass what a binding holds
	s, err := settings.FromPreset("vits16")
	if err != nil {
		t.Fatal(err)
	}
	s.Config.BatchSize = 2048
	s.Config.Depth = 1
	var said strings.Builder
	tr, err := recordWhatFits(&s, gpu.GPUTarget, &console{w: &said})
	if err != nil {
		t.Fatal(err)
	}
	if tr.Config.BatchSize >= 2048 || s.Config.BatchSize != tr.Config.BatchSize {
		t.Errorf("batch %d was recorded, the settings say %d", tr.Config.BatchSize, s.Config.BatchSize)
	}
	if want := fmt.Sprintf("batch %d instead of 2048", s.Config.BatchSize); !strings.Contains(said.String(), want) {
		t.Errorf("%q does not hold %q", &said, want)
	}
}

func TestShadersMistakes(t *testing.T) {
	if got := dinogpu(t, nil, "shaders", "--out", t.TempDir(), "--preset", "demoo"); got.code != exitUsage || !strings.Contains(got.stderr, "did you mean demo?") {
		t.Errorf("unknown preset: exit %d: %s", got.code, got.stderr)
	}
	if got := dinogpu(t, nil, "shaders"); got.code != exitUsage || !strings.Contains(got.stderr, "--out") {
		t.Errorf("no folder: exit %d: %s", got.code, got.stderr)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := dinogpu(t, nil, "shaders", "--out", file); got.code != exitFailed || !strings.Contains(got.stderr, "--out") {
		t.Errorf("a file in the way: exit %d: %s", got.code, got.stderr)
	}
}
