package run

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/settings"
)

var noon = time.Date(2026, 3, 4, 12, 30, 15, 0, time.FixedZone("east", 3600))

func demoSettings(t *testing.T) settings.Settings {
	t.Helper()
	s, err := settings.FromPreset("demo")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// wantOnlyFiles checks what a folder holds.
func wantOnlyFiles(t *testing.T, folder string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !slices.Equal(got, append([]string{}, names...)) {
		t.Errorf("the folder holds %q, want %q", got, names)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func create(t *testing.T, path string, s settings.Settings) *Folder {
	t.Helper()
	r, err := CreateFolder(path, s, "", noon)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func TestRunsOfOneSecondGetTheirOwnFolders(t *testing.T) {
	t.Chdir(t.TempDir())
	s := demoSettings(t)
	for _, want := range []string{"demo-20260304-113015", "demo-20260304-113015-2", "demo-20260304-113015-3"} {
		r := create(t, "", s)
		if got := filepath.Base(r.Path()); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got := read(t, "runs/latest"); got != want+"\n" {
			t.Errorf("runs/latest is %q, want %s", got, want)
		}
		if got, err := Find("runs/latest"); err != nil || got != r.Path() {
			t.Errorf("latest run is %s (%v), want %s", got, err, r.Path())
		}
	}
}

func TestRunFolderIsNeverWrittenOver(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mine")
	if err := create(t, dir, demoSettings(t)).Close(); err != nil {
		t.Fatal(err)
	}
	before := read(t, filepath.Join(dir, "config.yaml"))

	other := demoSettings(t)
	other.Config.Seed = 7
	_, err := CreateFolder(dir, other, "", noon)
	if err == nil {
		t.Fatal("a second run was started in it")
	}
	var exists *ExistsError
	if !errors.As(err, &exists) || exists.Path != dir || exists.Free != dir+"-2" {
		t.Errorf("the error is %v", err)
	}
	if after := read(t, filepath.Join(dir, "config.yaml")); after != before {
		t.Error("config.yaml was changed")
	}
}

func TestEmptyFolderIsTaken(t *testing.T) {
	dir := t.TempDir()
	create(t, dir, demoSettings(t))
	if _, err := os.Stat(filepath.Join(dir, "config.yaml")); err != nil {
		t.Error(err)
	}
}

func TestRunFolderThatCannotBeMade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "run")} {
		_, err := CreateFolder(dir, demoSettings(t), "", noon)
		if err == nil || !strings.Contains(err.Error(), "`run_dir`") || strings.Contains(err.Error(), "mkdir ") {
			t.Errorf("%s: %v", dir, err)
		}
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile(RunsFolder, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := CreateFolder("", demoSettings(t), "", noon); err == nil || !strings.Contains(err.Error(), "run folder runs cannot be made") {
		t.Errorf("file named runs: %v", err)
	}
}

func TestConfigOfARunLoadsBack(t *testing.T) {
	s := demoSettings(t)
	s.Config.Seed = 123
	s.Config.GlobalCropsScale = settings.Range{Lo: 0.123456789, Hi: 0.9}
	s.Run.MaxTime = 90 * time.Minute
	s.Run.Adapter = "Radeon: \"780M\" # 1"
	r := create(t, filepath.Join(t.TempDir(), "r"), s)
	back, err := settings.Load(r.Join("config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, back); diff != "" {
		t.Error(diff)
	}
}

func TestMetricsAreFlatLines(t *testing.T) {
	r := create(t, filepath.Join(t.TempDir(), "r"), demoSettings(t))
	m := dino.NoReadouts()
	m.Step, m.Loss, m.Entropy, m.LR, m.GradNorm, m.DataWait, m.KL = 1, 6.25, 0, 1e-7, math.Inf(1), math.NaN(), 0
	for _, line := range []any{
		m,
		EvalMetrics{Step: 1, KNNTeacher: 68.5, KNNStudent: 61},
	} {
		if err := r.Metric(line); err != nil {
			t.Fatal(err)
		}
	}
	lines := strings.Split(strings.TrimSpace(read(t, r.Join("metrics.jsonl"))), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines, want 2", len(lines))
	}
	const keys = "step epoch loss entropy kl lr weight_decay momentum teacher_temp grad_norm images_per_second data_wait"
	var step, eval map[string]any
	if err := json.Unmarshal([]byte(lines[0]), &step); err != nil {
		t.Fatal(err)
	}
	if len(step) != len(strings.Fields(keys)) {
		t.Errorf("%d keys, want %d", len(step), len(strings.Fields(keys)))
	}
	at := 0
	for _, key := range strings.Fields(keys) {
		i := strings.Index(lines[0], `"`+key+`":`)
		if i < at {
			t.Errorf("key %s is missing or out of order in %s", key, lines[0])
		}
		at = i
	}
	if step["loss"] != 6.25 || step["grad_norm"] != nil || step["data_wait"] != nil || step["lr"] != 1e-7 {
		t.Errorf("values: %v", step)
	}
	if err := json.Unmarshal([]byte(lines[1]), &eval); err != nil {
		t.Fatal(err)
	}
	if line, err := flatJSON(dino.StepMetrics{Entropy: math.NaN(), KL: 1}); err != nil || strings.Contains(string(line), "entropy") || !strings.Contains(string(line), `"kl":1,`) {
		t.Errorf("an optional number that is NaN: %s, %v", line, err)
	}
	if diff := cmp.Diff(map[string]any{"step": 1.0, "knn_teacher": 68.5, "knn_student": 61.0}, eval); diff != "" {
		t.Error(diff)
	}
}

func TestLogLinesCarryTheTime(t *testing.T) {
	r := create(t, filepath.Join(t.TempDir(), "r"), demoSettings(t))
	if err := r.Log(noon, "hello"); err != nil {
		t.Fatal(err)
	}
	if got, want := read(t, r.Join("train.log")), "2026-03-04T11:30:15.000Z hello\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestClosedTwice(t *testing.T) {
	r := create(t, filepath.Join(t.TempDir(), "r"), demoSettings(t))
	for range 2 {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}
