package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The adapter may be named by environment or file at each command that opens one, and a flag beats both.
func TestEveryCommandTakesAdapterAndConfig(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(file, []byte("adapter: of-file\nepochs: 77\nwarmup_epochs: 3\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"train", "bench", "selftest", "tune", "eval knn", "embed"} {
		for _, c := range []struct {
			env  map[string]string
			args string
			want string
		}{
			{nil, "", ""},
			{map[string]string{"DINOGPU_ADAPTER": "of-environment"}, "", "of-environment"},
			{nil, "--config " + file, "of-file"},
			{map[string]string{"DINOGPU_CONFIG": file}, "", "of-file"},
			{map[string]string{"DINOGPU_ADAPTER": "of-environment"}, "--config " + file, "of-environment"},
			{map[string]string{"DINOGPU_ADAPTER": "of-environment"}, "--adapter of-flag --config " + file, "of-flag"},
		} {
			got := parse(t, c.env, strings.Fields(command+" "+c.args)...)
			adapter := map[string]string{
				"train": got.Train.Settings.Run.Adapter, "bench": got.Bench.Settings.Run.Adapter,
				"selftest": got.Selftest.Settings.Run.Adapter, "tune": got.Tune.Settings.Run.Adapter, "eval knn": got.Eval.KNN.Adapter,
				"embed": got.Embed.Adapter,
			}[command]
			if adapter != c.want {
				t.Errorf("%s %s with %v: adapter %q, want %q", command, c.args, c.env, adapter, c.want)
			}
		}
	}
	if got := parse(t, nil, "shaders", "--out", "x", "--config", file).Shaders.settings; got.Config.Epochs != 77 || got.Preset != "" {
		t.Errorf("shaders --config: %d epochs, preset %q", got.Config.Epochs, got.Preset)
	}
}

// What measures or tests takes the demo, but never behind the back of one who names a recipe.
func TestTheDemoStandsInForAnUnnamedRecipe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(file, []byte("depth: 5\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"bench", "selftest", "tune", "shaders --out x"} {
		for _, c := range []struct {
			env  map[string]string
			args string
			want string
			dim  int
		}{
			{nil, "", "demo", 96},
			{map[string]string{"DINOGPU_OUT_DIM": "300"}, "", "demo", 96},
			{nil, "--preset vitti16", "vitti16", 192},
			{map[string]string{"DINOGPU_PRESET": "vitb16"}, "", "vitb16", 768},
			{nil, "--config " + file, "", 384},
			{map[string]string{"DINOGPU_CONFIG": file}, "", "", 384},
		} {
			got := parse(t, c.env, strings.Fields(command+" "+c.args)...)
			name, _, _ := strings.Cut(command, " ")
			s := map[string]settingsFlags{
				"bench": got.Bench.settingsFlags, "selftest": got.Selftest.settingsFlags, "tune": got.Tune.settingsFlags,
				"shaders": {Settings: got.Shaders.settings},
			}[name].Settings
			if s.Preset != c.want || s.Config.Size().Dim != c.dim {
				t.Errorf("%s %s with %v: preset %q of width %d, want %q of %d", command, c.args, c.env, s.Preset, s.Config.Size().Dim, c.want, c.dim)
			}
		}
	}
	if got := parse(t, nil, "train").Train.Settings.Preset; got != "" {
		t.Errorf("train takes preset %q by itself", got)
	}
}

// A run whose config.yaml was emptied goes on with what its checkpoint holds, and says so once.
func TestResumeWithoutSettingsInTheFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	wantExit(t, dinogpu(t, nil, shortRun(dir, "--max-steps", "1")...), exitDone)
	if err := os.WriteFile(filepath.Join(dir, "config.yaml"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	o := dinogpu(t, nil, "train", "--resume", dir, "--max-steps", "2")
	wantExit(t, o, exitDone, "the settings are restored from the checkpoint of step 1", "after step 2")
	if strings.Contains(o.stderr, "--preset") || strings.Count(o.stderr, "are restored") != 1 {
		t.Error(o.stderr)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "config.yaml")); err != nil || !strings.HasPrefix(string(text), "# Every setting of this run, written by dinogpu ") {
		t.Errorf("config.yaml, %v:\n%s", err, text)
	}
}

// Values are judged once they are merged: what the defaults would make impossible is possible under a preset.
func TestMergedSettingsAreValidated(t *testing.T) {
	for _, command := range []string{"train --dry-run --preset demo", "bench", "selftest", "tune"} {
		parse(t, nil, strings.Fields(command+" --global-crops-size 14")...) // below the defaults' patch of 16
		o := dinogpu(t, nil, strings.Fields(command+" --global-crops-size 6")...)
		if o.code != exitUsage || !strings.Contains(o.stderr, "--global-crops-size 6 is smaller than one patch of 7") {
			t.Errorf("%s: exit %d: %s", command, o.code, o.stderr)
		}
	}
	if o := dinogpu(t, map[string]string{"DINOGPU_OUT_DIM": "1"}, "shaders", "--out", "x"); o.code != exitUsage || !strings.Contains(o.stderr, "--out-dim 1") {
		t.Errorf("shaders: exit %d: %s", o.code, o.stderr)
	}
}
