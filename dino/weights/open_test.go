package weights

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/layers"
)

// madeUp gives every tensor of a layout values of its own.
func madeUp(l *layers.Params) []layers.HostTensor {
	var out []layers.HostTensor
	for i, p := range l.List {
		x := layers.HostTensor{Name: p.Name, Shape: p.Shape, Values: make([]float32, p.Len())}
		for k := range x.Values {
			x.Values[k] = float32(i) + float32(k)/1000
		}
		out = append(out, x)
	}
	return out
}

// smallConfig is a model of few values.
func smallConfig() settings.Config {
	c := settings.DefaultConfig()
	c.Dim, c.Depth, c.Heads, c.PatchSize = 24, 2, 3, 7
	c.HeadLayers, c.HeadHidden, c.HeadBottleneck, c.OutDim = 3, 40, 16, 37
	c.GlobalCropsSize = 28
	return c
}

// hostWeights are a fresh network's tensors under ahead + their names, the head among them if asked.
func hostWeights(c settings.Config, ahead string, head bool) []layers.HostTensor {
	var out []layers.HostTensor
	for _, x := range madeUp(c.Layout()) {
		name, backbone := strings.CutPrefix(x.Name, settings.BackbonePrefix)
		if backbone || head {
			x.Name = ahead + name
			out = append(out, x)
		}
	}
	return out
}

// writeRun makes a run's folder with checkpoints of these steps and the teacher's file.
func writeRun(t *testing.T, c settings.Config, steps ...int) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "checkpoints"), 0o755); err != nil {
		t.Fatal(err)
	}
	s := settings.Default()
	s.Config = c
	writeTestFile(t, filepath.Join(dir, "config.yaml"), s.YAML())
	for _, step := range steps {
		center := make([]float32, c.OutDim)
		center[0] = float32(step)
		tensors := []layers.HostTensor{{Name: "center", Shape: []int{c.OutDim}, Values: center}}
		for _, role := range []string{RoleTeacher, RoleStudent} {
			for _, x := range hostWeights(c, "", true) {
				if x.Name == "cls_token" {
					x.Values = slices.Clone(x.Values)
					x.Values[0] = float32(step) + float32(len(role)-len(RoleTeacher))/2
				}
				if !strings.HasPrefix(x.Name, settings.HeadPrefix) {
					x.Name = settings.BackbonePrefix + x.Name
				}
				x.Name = role + "." + x.Name
				tensors = append(tensors, x)
			}
		}
		h := Header{Step: step, Config: string(s.YAML())}
		if err := WriteCheckpoint(filepath.Join(dir, "checkpoints", CheckpointName(step)), h, tensors); err != nil {
			t.Fatal(err)
		}
	}
	if err := WriteSafetensors(filepath.Join(dir, TeacherFile), hostWeights(c, "", false), BackboneMetadata(c)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A file by itself, a checkpoint and a run's folder give the same model.
func TestOpenWeights(t *testing.T) {
	c := smallConfig()
	c.Mean, c.Std = settings.RGB{0.25, 0.5, 0.125}, settings.RGB{0.5, 1.0 / 3, 0.25}
	dir := writeRun(t, c, 4, 9)
	newest := filepath.Join(dir, "checkpoints", CheckpointName(9))
	names := map[string]bool{}
	for path, want := range map[string]struct {
		file     string
		networks int
		first    float32
	}{
		dir:    {newest, 2, 9},
		newest: {newest, 2, 9},
		filepath.Join(dir, "checkpoints", CheckpointName(4)): {filepath.Join(dir, "checkpoints", CheckpointName(4)), 2, 4},
		filepath.Join(dir, TeacherFile):                      {filepath.Join(dir, TeacherFile), 1, hostWeights(c, "", false)[0].Values[0]},
	} {
		w, err := Open(path, Options{Notice: func(err error) { t.Error(err) }})
		if err != nil {
			t.Fatal(err)
		}
		if w.File != want.file || w.ViT != c.ViT() || w.Mean != c.Mean || w.Std != c.Std || len(w.Networks) != want.networks {
			t.Errorf("%s: %s, %+v, %v, %v, %d networks", path, w.File, w.ViT, w.Mean, w.Std, len(w.Networks))
		}
		n, err := w.Network(RoleTeacher)
		if err != nil || n.Backbone[0].Name != "cls_token" || n.Backbone[0].Values[0] != want.first || len(n.Backbone) != 4+12*c.Depth+2 {
			t.Errorf("%s: %v, %d tensors, the first is %s of %g", path, err, len(n.Backbone), n.Backbone[0].Name, n.Backbone[0].Values[0])
		}
		student, err := w.Network(RoleStudent)
		switch {
		case want.networks == 1 && (err == nil || !strings.Contains(err.Error(), "no student")):
			t.Errorf("%s has a student: %v", path, err)
		case want.networks == 2 && (err != nil || student.Backbone[0].Values[0] != want.first || len(student.Head) != 8):
			t.Errorf("%s: student: %v, %d tensors in its head", path, err, len(student.Head))
		}
		names[w.File] = true
	}
	if len(names) != 3 {
		t.Errorf("files %v", names)
	}
}

// What a run's folder still gives when files of it are damaged or gone.
func TestOpenWeightsOfARun(t *testing.T) {
	c := smallConfig()
	dir := writeRun(t, c, 4, 9)
	var passed []string
	open := func() (*Model, error) {
		passed = nil
		return Open(dir, Options{Notice: func(err error) { passed = append(passed, err.Error()) }})
	}
	damage := func(step int) {
		path := filepath.Join(dir, "checkpoints", CheckpointName(step))
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		data[len(data)/2] ^= 1
		writeTestFile(t, path, data)
	}
	damage(9)
	if w, err := open(); err != nil || !strings.HasSuffix(w.File, CheckpointName(4)) || len(passed) != 1 {
		t.Errorf("%+v, %v, passed over %q", w, err, passed)
	}
	damage(4)
	if w, err := open(); err != nil || filepath.Base(w.File) != TeacherFile || len(passed) != 2 {
		t.Errorf("%+v, %v, passed over %q", w, err, passed)
	}
	// without metadata the run's settings say what the shapes do not
	if err := WriteSafetensors(filepath.Join(dir, TeacherFile), hostWeights(c, "", false), nil); err != nil {
		t.Fatal(err)
	}
	if w, err := open(); err != nil || w.ViT != c.ViT() {
		t.Errorf("%+v, %v", w, err)
	}
	if err := os.Remove(filepath.Join(dir, TeacherFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := open(); err == nil || !strings.Contains(err.Error(), "no checkpoint that is whole") {
		t.Errorf("nothing whole: %v", err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "checkpoints")); err != nil {
		t.Fatal(err)
	}
	if _, err := open(); err == nil || !strings.Contains(err.Error(), "neither checkpoints nor "+TeacherFile) {
		t.Errorf("an empty run: %v", err)
	}
}

// Every way in which a file is not a backbone is one sentence with the file's name and the tensor's.
func TestOpenWeightsRefuses(t *testing.T) {
	c := smallConfig()
	c.Dim, c.Heads, c.PatchSize, c.GlobalCropsSize = 64, 1, 8, 32
	dir := t.TempDir()
	change := func(name string, f func(x *layers.HostTensor)) func([]layers.HostTensor) []layers.HostTensor {
		return func(all []layers.HostTensor) []layers.HostTensor {
			for i := range all {
				if all[i].Name == name {
					f(&all[i])
				}
			}
			return all
		}
	}
	shape := func(name string, s ...int) func([]layers.HostTensor) []layers.HostTensor {
		return change(name, func(x *layers.HostTensor) {
			x.Shape, x.Values = s, make([]float32, tensorLayout{shape: s}.elements())
		})
	}
	without := func(name string) func([]layers.HostTensor) []layers.HostTensor {
		return func(all []layers.HostTensor) []layers.HostTensor {
			return slices.DeleteFunc(all, func(x layers.HostTensor) bool { return x.Name == name })
		}
	}
	with := func(name string, s ...int) func([]layers.HostTensor) []layers.HostTensor {
		return func(all []layers.HostTensor) []layers.HostTensor {
			return append(all, layers.HostTensor{Name: name, Shape: s, Values: make([]float32, tensorLayout{shape: s}.elements())})
		}
	}
	for i, x := range []struct {
		change func([]layers.HostTensor) []layers.HostTensor
		meta   map[string]string
		want   string
	}{
		{without("cls_token"), nil, "lacks the tensor cls_token"},
		{without("norm.bias"), nil, "it lacks norm.bias"},
		{without("blocks.0.attn.qkv.weight"), nil, "it lacks blocks.0.attn.qkv.weight"},
		{shape("norm.weight", 63), nil, "norm.weight [63] instead of [64]"},
		{shape("blocks.1.mlp.fc1.weight", 64, 256), nil, "blocks.1.mlp.fc1.weight [64 256] instead of [256 64]"},
		{shape("cls_token", 64), nil, "cls_token of shape [64]"},
		{shape("cls_token", 1, 1, 0), nil, "cls_token [1 1 0] instead of [1 1 64]"},
		{shape("pos_embed", 1, 18, 64), nil, "pos_embed of shape [1 18 64]"},
		{shape("pos_embed", 1, 0, 64), nil, "pos_embed of shape [1 0 64]"},
		{shape("pos_embed", 1, 1, 64), nil, "pos_embed of shape [1 1 64]"},
		{shape("patch_embed.proj.weight", 64, 3, 0, 8), nil, "patch_embed.proj.weight of shape [64 3 0 8]"},
		{shape("patch_embed.proj.weight", 64, 1, 8, 8), nil, "[64 1 8 8] instead of [64 3 8 8]"},
		{with("header.weight", 5, 64), nil, "it has no place for \"header.weight\"; name another file, or set `partial`"},
		{with("blocks.0.ls1.gamma", 64), nil, "looks like a DINOv2"},
		{with("blocks.7.norm1.weight", 64), nil, "it lacks blocks.2.norm1.weight"},
		{with("blocks.999999999999.norm1.weight", 64), nil, "no place for"},
		{with("backbone.norm.bias", 64), nil, `holds "norm.bias" twice`},
		{nil, map[string]string{metaHeads: "5"}, "`heads` 5 does not divide `dim` 64"},
		{nil, map[string]string{metaHeads: "two"}, metaHeads + ` is "two"`},
		{nil, map[string]string{metaImageSize: "64"}, "positions for 4 x 4 patches"},
		{nil, map[string]string{metaMean: "1,2"}, metaMean},
		{nil, map[string]string{metaStd: "0"}, "`std` 0,0,0 must be above 0"},
	} {
		path := filepath.Join(dir, fmt.Sprintf("%d.safetensors", i))
		tensors := hostWeights(c, "", false)
		if x.change != nil {
			tensors = x.change(tensors)
		}
		if err := WriteSafetensors(path, tensors, x.meta); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path, Options{}); err == nil || !strings.Contains(err.Error(), x.want) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%d: want %q and the path, got %v", i, x.want, err)
		}
	}
	odd := smallConfig() // width 24: no heads of 64
	path := filepath.Join(dir, "odd.safetensors")
	if err := WriteSafetensors(path, hostWeights(odd, "", false), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, Options{}); err == nil || !strings.Contains(err.Error(), metaHeads) {
		t.Errorf("width 24: %v", err)
	}
	for name, data := range map[string]string{
		"model.pth": "PK\x03\x04rest", "model.pt": "no pickle", "short.safetensors": "abc", "text.txt": "not weights at all, but a text", "empty": "", "bad.dino": "DINOGPU\nxx",
	} {
		path := writeTestFile(t, filepath.Join(dir, name), []byte(data))
		_, err := Open(path, Options{})
		if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open(filepath.Join(dir, "none"), Options{}); err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("no file: %v", err)
	}
	for what, h := range map[string]Header{
		"no key": {Config: "no_such_setting: 1\n"}, "no heads": {Config: "dim: 24\nheads: 5\n"}, "another model": {Config: "dim: 24\nheads: 1\ndepth: 1\n"},
	} {
		path := filepath.Join(dir, "x.dino")
		if err := WriteCheckpoint(path, h, hostWeights(c, "teacher.backbone.", false)); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path, Options{}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
