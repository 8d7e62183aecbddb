package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// The settings a command line gives, by the parser that main uses.
func parseTrain(t *testing.T, environ map[string]string, args ...string) trainCmd {
	t.Helper()
	return parse(t, environ, append([]string{"train"}, args...)...).Train
}

func parse(t *testing.T, environ map[string]string, args ...string) cli {
	t.Helper()
	var commands cli
	a := &app{ctx: context.Background(), stdout: &bytes.Buffer{}, now: time.Now, env: func(name string) (string, bool) {
		v, ok := environ[name]
		return v, ok
	}}
	parser, err := kong.New(&commands, paths, kong.Bind(a), kong.ExplicitGroups(flagGroups()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(dashed(args)); err != nil {
		t.Fatal(err)
	}
	return commands
}

func TestFlagsBeatEveryOtherSource(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(file, []byte("out_dim: 300\nnorm_last_layer: false\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"DINOGPU_OUT_DIM": "9"}
	cases := []struct {
		name string
		env  map[string]string
		args string
		want int
	}{
		{"default", nil, "", 65536},
		{"preset", nil, "--preset demo", 512},
		{"file over preset", nil, "--preset demo --config " + file, 300},
		{"environment over file and preset", env, "--preset demo --config " + file, 9},
		{"flag over environment", env, "--out-dim 7", 7},
		{"flag over all", env, "--preset demo --out-dim 7 --config " + file, 7},
		{"flag that says the default still wins", env, "--preset demo --out-dim 65536", 65536},
		{"file named by the environment", map[string]string{"DINOGPU_CONFIG": file}, "", 300},
		{"file named by flag over environment", map[string]string{"DINOGPU_CONFIG": "none.yaml"}, "--config " + file, 300},
	}
	for _, c := range cases {
		if got := parseTrain(t, c.env, strings.Fields(c.args)...).Settings.Config.OutDim; got != c.want {
			t.Errorf("%s: out_dim %d, want %d", c.name, got, c.want)
		}
	}
}

// With no flags at all the command line and the library agree on every value.
func TestDefaultsAndPresetsPassThroughUnchanged(t *testing.T) {
	if diff := cmp.Diff(settings.Default(), parseTrain(t, nil).Settings); diff != "" {
		t.Errorf("defaults:\n%s", diff)
	}
	for _, p := range settings.Presets() {
		want, err := settings.FromPreset(p.Name)
		if err != nil {
			t.Fatal(err)
		}
		// auto plans for what is assumed, on a GPU
		if diff := cmp.Diff(want, parseTrain(t, nil, "--preset", p.Name, "--dry-run").Settings); diff != "" {
			t.Errorf("%s:\n%s", p.Name, diff)
		}
	}
}

// Every setting has a flag of its name at train, so that file, environment and
// command line speak of the same things.
func TestEverySettingIsAFlag(t *testing.T) {
	parser, err := kong.New(&cli{}, kong.Bind(&app{}))
	if err != nil {
		t.Fatal(err)
	}
	flags := map[string]*kong.Flag{}
	for _, node := range parser.Model.Children {
		if node.Name != "train" { // bench and selftest have the same flags
			continue
		}
		for _, flag := range node.Flags {
			flags[flag.Name] = flag
		}
	}
	for _, key := range settings.Default().Keys() {
		flag := flags[strings.ReplaceAll(key, "_", "-")]
		if flag == nil {
			t.Errorf("%s has no flag", key)
			continue
		}
		if flag.Help == "" && key != "depth" {
			t.Errorf("--%s has no help", flag.Name)
		}
		if flag.Group == nil {
			t.Errorf("--%s stands in no group", flag.Name)
		}
	}
}

func TestFlagForms(t *testing.T) {
	for _, c := range []struct {
		args, key, want string
	}{
		{"--norm-last-layer=false", "norm_last_layer", "false"},
		{"--no-norm-last-layer", "norm_last_layer", "false"},
		{"--preset vitb16", "norm_last_layer", "true"},
		{"--preset vits8", "norm_last_layer", "false"},
		{"--preset vits8 --norm-last-layer", "norm_last_layer", "true"},
		{"--global-crops-scale 0.14,1", "global_crops_scale", "0.14,1"},
		{"--mean 0.5", "mean", "0.5,0.5,0.5"},
		{"--data-path here", "data", "here"},
		{"--data_path=with_underscore", "data", "with_underscore"},
		{"--batch-size-per-gpu 8", "batch_size", "8"},
		{"--warmup_teacher_temp_epochs 30", "warmup_teacher_temp_epochs", "30"},
		{"--max-time 2h", "max_time", "2h0m0s"},
		{"--seed 18446744073709551615", "seed", "18446744073709551615"},
	} {
		got, _ := parseTrain(t, nil, strings.Fields(c.args)...).Settings.Get(c.key)
		if got != c.want {
			t.Errorf("%s: %s is %s, want %s", c.args, c.key, got, c.want)
		}
	}
	if got := parseTrain(t, nil, "--output-dir", "there").RunDir; got != "there" {
		t.Errorf("--output-dir: run folder %q", got)
	}
	if got := parseTrain(t, map[string]string{"DINOGPU_RUN_DIR": "there"}).RunDir; got != "there" {
		t.Errorf("DINOGPU_RUN_DIR: run folder %q", got)
	}
}

// An architecture asked for by flag must not keep the preset's own width.
func TestArchFlagTakesBackThePresetsSizes(t *testing.T) {
	for _, c := range []struct {
		args string
		want settings.ModelSize
	}{
		{"--preset demo", settings.ModelSize{Dim: 96, Depth: 2, Heads: 3}},
		{"--preset demo --arch vit_base", settings.ModelSize{Dim: 768, Depth: 12, Heads: 12}},
		{"--preset demo --arch vit_base --depth 3", settings.ModelSize{Dim: 768, Depth: 3, Heads: 12}},
		{"--preset demo --depth 3", settings.ModelSize{Dim: 96, Depth: 3, Heads: 3}},
	} {
		if got := parseTrain(t, nil, strings.Fields(c.args)...).Settings.Config.Size(); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.args, got, c.want)
		}
	}
}

func TestUnknownEnvironmentIsNamed(t *testing.T) {
	got := (&trainCmd{}).unknownEnv([]string{"PATH=/bin", "DINOGPU_OUT_DIM=3", "DINOGPU_RUN_DIR=x", "DINOGPU_OUTDIM=3"})
	want := []string{"environment variable DINOGPU_OUTDIM is none of train's settings; did you mean DINOGPU_OUT_DIM?"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
