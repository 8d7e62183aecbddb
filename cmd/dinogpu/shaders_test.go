package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
)

func TestShadersWritesCompleteKernels(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "kernels")
	got := dinogpu(t, nil, "shaders", "--out", dir)
	if got.code != exitDone {
		t.Fatalf("exit %d: %s", got.code, got.stderr)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.wgsl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
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
	// the demo has no drop path, and its crops lie side by side
	wantKernels(t, dir, "bench_copy", "bench_fma", "rows_scale", "rows_part")
	before := len(files)
	dinogpu(t, nil, "shaders", "--out", dir)
	if files, _ = filepath.Glob(filepath.Join(dir, "*.wgsl")); len(files) != before {
		t.Errorf("%d files after a second time, %d after the first: names are not stable", len(files), before)
	}
}

// wantKernels checks that dir holds each kernel of package shaders, in one specialisation or several, but these.
func wantKernels(t *testing.T, dir string, but ...string) {
	t.Helper()
	names := func(pattern string) []string {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, file := range files {
			name, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".wgsl"), "-")
			names = append(names, name)
		}
		slices.Sort(names)
		return slices.Compact(names)
	}
	want := names("../../shaders/*.wgsl")
	for _, name := range but {
		at, ok := slices.BinarySearch(want, name)
		if !ok {
			t.Errorf("package shaders has no %s", name)
			continue
		}
		want = slices.Delete(want, at, at+1)
	}
	if d := cmp.Diff(want, names(filepath.Join(dir, "*.wgsl"))); d != "" {
		t.Errorf("kernels (-want +got):\n%s", d)
	}
}

// A preset whose batch passes the default limits still has its kernels written, and the batch named.
func TestShadersOfLargePresets(t *testing.T) {
	dir := t.TempDir()
	got := dinogpu(t, nil, "shaders", "--preset", "vits8", "--out", dir)
	if got.code != exitDone || !strings.Contains(got.stdout, "preset vits8") {
		t.Errorf("exit %d: %s", got.code, got.stderr)
	}
	wantKernels(t, dir, "bench_copy", "bench_fma", "rows_part") // which only bench runs
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
