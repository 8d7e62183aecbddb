package settings

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func writeTemp(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func env(pairs ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}

// Each source beats the next weaker one and leaves alone what it does not name.
func TestPrecedence(t *testing.T) {
	file := writeTemp(t, "out_dim: 300\nhead-hidden: 77\nglobal_crops_scale: [0.2, 0.9]\n")
	cases := []struct {
		name   string
		src    Sources
		outDim int
		hidden int
		scale  Range
	}{
		{"default", Sources{}, 65536, 2048, Range{0.4, 1}},
		{"preset over default", Sources{Preset: "demo"}, 512, 256, Range{0.4, 1}},
		{"file over default", Sources{ConfigFile: file}, 300, 77, Range{0.2, 0.9}},
		{"file over preset", Sources{Preset: "demo", ConfigFile: file}, 300, 77, Range{0.2, 0.9}},
		{"environment over default", Sources{Env: env("DINOGPU_OUT_DIM", "9")}, 9, 2048, Range{0.4, 1}},
		{"environment over preset", Sources{Preset: "demo", Env: env("DINOGPU_OUT_DIM", "9")}, 9, 256, Range{0.4, 1}},
		{"environment over file", Sources{ConfigFile: file, Env: env("DINOGPU_OUT_DIM", "9")}, 9, 77, Range{0.2, 0.9}},
		{"empty environment is none", Sources{ConfigFile: file, Env: env("DINOGPU_OUT_DIM", "")}, 300, 77, Range{0.2, 0.9}},
		{"preset by environment", Sources{Env: env("DINOGPU_PRESET", "demo")}, 512, 256, Range{0.4, 1}},
		{"preset by flag over environment", Sources{Preset: "vits16", Env: env("DINOGPU_PRESET", "demo")}, 65536, 2048, Range{0.4, 1}},
	}
	for _, c := range cases {
		s, err := c.src.Merge()
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got := s.Config
		if got.OutDim != c.outDim || got.HeadHidden != c.hidden || got.GlobalCropsScale != c.scale {
			t.Errorf("%s: out_dim %d, head_hidden %d, scale %v", c.name, got.OutDim, got.HeadHidden, got.GlobalCropsScale)
		}
	}
}

func TestPresetNamedInFile(t *testing.T) {
	file := writeTemp(t, "epochs: 3\npreset: demo\n")
	s, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if s.Preset != "demo" || s.Config.Epochs != 3 || s.Config.OutDim != 512 {
		t.Errorf("preset %q, epochs %d, out_dim %d", s.Preset, s.Config.Epochs, s.Config.OutDim)
	}
	s, err = Sources{Preset: "vits8", ConfigFile: file}.Merge()
	if err != nil {
		t.Fatal(err)
	}
	if s.Preset != "vits8" || s.Config.Epochs != 3 || s.Config.OutDim != 65536 {
		t.Errorf("flag over file: preset %q, epochs %d, out_dim %d", s.Preset, s.Config.Epochs, s.Config.OutDim)
	}
}

// The demo sets its own width: asking for another model must not keep it.
func TestArchTakesBackWeakerSizes(t *testing.T) {
	s, err := Sources{Preset: "demo", ConfigFile: writeTemp(t, "depth: 5\narch: vit_tiny\n")}.Merge()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := s.Config.Size(), (ModelSize{Dim: 192, Depth: 5, Heads: 3}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestConfigFileMistakes(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"out_dmi: 3\n", "line 1: there is no setting out_dmi; did you mean out_dim?"},
		{"epochs: 3\nteacher-tmp: 0.04\n", "line 2: there is no setting teacher_tmp; did you mean teacher_temp?"},
		{"zzzzzzzzzz: 3\n", "there is no setting zzzzzzzzzz"},
		{"out_dim: many\n", `out_dim: "many" is not a whole number`},
		{"out_dim: 1.5\n", `out_dim: "1.5" is not a whole number`},
		{"out_dim:\n", `out_dim: "" is not a whole number`},
		{"lr: fast\n", `lr: "fast" is not a number`},
		{"norm_last_layer: maybe\n", `"maybe" is neither true nor false`},
		{"max_time: long\n", `"long" is not a time`},
		{"seed: -1\n", `"-1" is not a whole number of 0 or more`},
		{"global_crops_scale: [0.4]\n", "is not two numbers"},
		{"mean: 1,2\n", "is not three numbers"},
		{"out_dim: {a: 1}\n", "not nested settings"},
		{"lr: 1\nlr: 2\n", "line 2: lr is set a second time"},
		{"lr: 1\nl-r: 2\n", "there is no setting l_r"},
		{"- 1\n", "expected lines of the form"},
		{"just words\n", "expected lines of the form"},
		{"lr: [1, 2\n", "not YAML"},
		{"lr: \"unfinished\nepochs: 3\n", "not YAML"},
		{"\x00\x01\x02", "not YAML"},
		{"preset: vits61\n", "did you mean vits16?"},
	} {
		_, err := Load(writeTemp(t, c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v; want %q", c.text, err, c.want)
		}
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none.yaml")); err == nil || !strings.Contains(err.Error(), "none.yaml") {
		t.Errorf("missing file: %v", err)
	}
	for _, empty := range []string{"", "# nothing\n", "---\n"} {
		s, err := Load(writeTemp(t, empty))
		if err != nil {
			t.Errorf("%q: %v", empty, err)
		}
		if diff := cmp.Diff(Default(), s); diff != "" {
			t.Errorf("%q is not the defaults:\n%s", empty, diff)
		}
	}
}

func TestEnvironmentMistakeNamesTheVariable(t *testing.T) {
	_, err := Sources{Env: env("DINOGPU_LR", "fast")}.Merge()
	if err == nil || !strings.Contains(err.Error(), "DINOGPU_LR") {
		t.Errorf("got %v", err)
	}
}

func TestAliasesInFile(t *testing.T) {
	s, err := Load(writeTemp(t, "data_path: here\nbatch-size-per-gpu: 7\n"))
	if err != nil {
		t.Fatal(err)
	}
	if s.Config.Data != "here" || s.Config.BatchSize != 7 {
		t.Errorf("data %q, batch_size %d", s.Config.Data, s.Config.BatchSize)
	}
}

// Whatever the values, a written config.yaml gives the same settings back.
func TestConfigFileRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	rapid.Check(t, func(t *rapid.T) {
		s := randomSettings(t)
		if err := os.WriteFile(path, s.YAML(), 0o644); err != nil {
			t.Fatal(err)
		}
		back, err := Load(path)
		if err != nil {
			t.Fatalf("%v in\n%s", err, s.YAML())
		}
		if diff := cmp.Diff(s, back); diff != "" {
			t.Fatal(diff)
		}
	})
}

func randomSettings(t *rapid.T) Settings {
	names := []string{""}
	for _, p := range Presets() {
		names = append(names, p.Name)
	}
	s, err := FromPreset(rapid.SampledFrom(names).Draw(t, "preset"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range s.fields() {
		if f.key == "preset" {
			continue
		}
		switch p := f.value.Addr().Interface().(type) {
		case *string:
			*p = rapid.String().Draw(t, f.key)
		case *Paths:
			for _, path := range rapid.SliceOfN(rapid.String(), 0, 3).Draw(t, f.key) {
				*p = p.Add(strings.ReplaceAll(path, "\n", ""))
			}
			*p = Paths(strings.Join(p.List(), "\n")) // without empty ones
		case *MaxBad:
			*p = MaxBad{rapid.IntRange(0, 1<<40).Draw(t, f.key), rapid.Float64Range(0, 100).Draw(t, f.key)}
		case *int:
			*p = rapid.Int().Draw(t, f.key)
		case *uint64:
			*p = rapid.Uint64().Draw(t, f.key)
		case *float64:
			*p = rapid.Float64().Draw(t, f.key)
		case *bool:
			*p = rapid.Bool().Draw(t, f.key)
		case *time.Duration:
			*p = time.Duration(rapid.Int64().Draw(t, f.key))
		case *Range:
			*p = Range{rapid.Float64().Draw(t, f.key), rapid.Float64().Draw(t, f.key)}
		case *Bounds:
			*p = rapid.SampledFrom([]Bounds{{}, {Auto: true}, {Lo: -1, Hi: 0.5}, {Lo: 0, Hi: 4095}}).Draw(t, f.key)
		case *RGB:
			*p = RGB{rapid.Float64().Draw(t, f.key), 0.1, -2e-300}
		default:
			if f.value.Kind() != reflect.String {
				t.Fatalf("no random value for %s", f.key)
			}
			f.value.SetString(rapid.String().Draw(t, f.key))
		}
	}
	return s
}
