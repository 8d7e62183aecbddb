package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
	for _, want := range []string{"matmul_tile", "matmul_texel", "adamw", "ema", "student_loss", "attention_forward"} {
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
	for preset, batch := range map[string]int{"vits16": 64, "vits8": 16} {
		got := dinogpu(t, nil, "shaders", "--preset", preset, "--out", t.TempDir())
		if got.code != exitDone {
			t.Errorf("%s: exit %d: %s", preset, got.code, got.stderr)
		}
		if said := fmt.Sprintf("instead of %d,", batch); got.stderr != "" && !strings.Contains(got.stderr, said) {
			t.Errorf("%s: %q does not hold %q", preset, got.stderr, said)
		}
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
