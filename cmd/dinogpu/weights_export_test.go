package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/layers"
)

// exportable is a checkpoint of a tiny run: both networks with heads, their values told apart.
func exportable(t *testing.T) string {
	t.Helper()
	s := settings.Default()
	s.Config.Dim, s.Config.Depth, s.Config.Heads, s.Config.PatchSize, s.Config.GlobalCropsSize = 64, 1, 1, 8, 16
	s.Config.HeadHidden, s.Config.HeadBottleneck, s.Config.OutDim = 20, 8, 11
	var tensors []layers.HostTensor
	for i, role := range []string{weights.RoleTeacher, weights.RoleStudent} {
		for _, p := range s.Config.Layout().List {
			x := layers.HostTensor{Name: role + "." + p.Name, Shape: p.Shape, Values: make([]float32, p.Len())}
			for k := range x.Values {
				x.Values[k] = float32(i+1) / 4
			}
			tensors = append(tensors, x)
		}
	}
	path := filepath.Join(t.TempDir(), "step-00000001.dino")
	if err := weights.WriteCheckpoint(path, weights.Header{Step: 1, Config: string(s.YAML())}, tensors); err != nil {
		t.Fatal(err)
	}
	return path
}

// Each format is written, said in a line, and opened again where dinogpu reads it.
func TestWeightsExport(t *testing.T) {
	from := exportable(t)
	for _, c := range []struct {
		format, name, more string
		said               string
		first              float32 // of the class token
		head               int
	}{
		{"dino", "a.safetensors", "", "teacher of " + from + " as dino, float32: ", 0.25, 0},
		{"dino", "a.pth", "--with-head --student --dtype float16", "student of " + from + " as dino, float16: ", 0.5, 8},
		{"timm", "a", "--checkpoint-key student", "student of " + from + " as timm, float32: ", 0.5, 0},
		{"hf", "a", "--image-size 24", "teacher of " + from + " as hf, float32: ", 0.25, 0},
		{"onnx", "a.onnx", "--with-head", "teacher of " + from + " as onnx, float32: ", 0, 0},
	} {
		out := filepath.Join(t.TempDir(), c.name)
		o := dinogpu(t, nil, append([]string{"weights", "export", "--weights", from, "--format", c.format, "--out", out}, strings.Fields(c.more)...)...)
		if o.code != exitDone || !strings.HasPrefix(o.stdout, c.said+out+" (") {
			t.Fatalf("%s: exit %d: %s%s", c.format, o.code, o.stdout, o.stderr)
		}
		if told := strings.Contains(o.stderr, "1 heads, mean 0.485,0.456,0.406"); told != strings.HasSuffix(out, ".pth") {
			t.Errorf("%s: %s", c.name, o.stderr)
		}
		if c.first == 0 {
			continue
		}
		m, err := weights.Open(out, weights.Options{})
		if err != nil {
			t.Fatal(err)
		}
		n := m.Networks[0]
		if n.Backbone[0].Values[0] != c.first || len(n.Head) != c.head || m.ViT.ImageSize != map[bool]int{false: 16, true: 24}[c.format == "hf"] {
			t.Errorf("%s: first value %g, %d tensors in the head, %+v", c.format, n.Backbone[0].Values[0], len(n.Head), m.ViT)
		}
	}
}

// Mistakes name the flag or the path, and nothing is left behind.
func TestWeightsExportRefuses(t *testing.T) {
	from := exportable(t)
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "theirs"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	out := filepath.Join(dir, "a")
	for args, want := range map[string]string{
		"--format hf --out " + out:                                                    "name the weights with --weights",
		"--weights " + from + " --format tf --out " + out:                             "--format",
		"--weights " + from + " --format hf":                                          "--out",
		"--weights " + from + " --format dino --out " + out:                           ".safetensors or .pth",
		"--weights " + from + " --format hf --with-head --out " + out:                 "no place for the projection head",
		"--weights " + from + " --format onnx --image-size 12 --out " + out + ".onnx": "a multiple of 8",
		"--weights " + from + " --format onnx --image-size -8 --out " + out + ".onnx": "--image-size -8",
		"--weights " + from + " --format timm --out " + full:                          "is there already and not empty",
		"--weights " + out + " --format timm --out " + out:                            "cannot be read",
	} {
		o := dinogpu(t, nil, append([]string{"weights", "export"}, strings.Fields(args)...)...)
		if o.code == exitDone || !strings.Contains(o.stderr, want) || o.stdout != "" {
			t.Errorf("%s: exit %d, %s%s, want %q", args, o.code, o.stdout, o.stderr, want)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("%v, %v are left", entries, err)
	}
}
