package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/layers"
	"github.com/dinogpu/dinogpu/testdata/golden"
)

// earlierRun is a run's folder of testdata.
func earlierRun(t *testing.T) string {
	t.Helper()
	return golden.Path(t, filepath.Join("..", "run", "begun"))
}

func inspectJSON(t *testing.T, args ...string) inspectReport {
	t.Helper()
	o := dinogpu(t, nil, append([]string{"weights", "inspect", "--json"}, args...)...)
	if o.code != exitDone {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	var r inspectReport
	d := json.NewDecoder(strings.NewReader(o.stdout))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		t.Fatalf("%v: %s", err, o.stdout)
	}
	return r
}

func TestInspectARun(t *testing.T) {
	r := inspectJSON(t, earlierRun(t))
	if !r.Usable || r.Why != "" || r.Format != "checkpoint of dinogpu, teacher and student" || *r.Size != (inspectSize{24, 1, 3, 7, 28}) || r.Metadata["step"] != "5" {
		t.Errorf("%+v", r)
	}
	if r.Moments == nil || r.Moments.Tensors != 52 || r.Moments.Values != 24560 {
		t.Errorf("moments %+v", r.Moments)
	}
	all := inspectJSON(t, earlierRun(t), "--all")
	if all.Moments != nil || len(all.Tensors) != len(r.Tensors)+52 {
		t.Errorf("with all: %+v, %d tensors after %d", all.Moments, len(all.Tensors), len(r.Tensors))
	}
	o := dinogpu(t, nil, "weights", "inspect", earlierRun(t))
	for _, want := range []string{
		"\nusable       yes\n", "\nsize         dim 24, depth 1, heads 3, patch 7, image 28\n", "\nteacher      11256 parameters in the backbone, 1024 in the head\n",
		"\noptimizer    52 tensors of 24560 values, which --all shows\n", "\nstudent.backbone.patch_embed.proj.weight    F32   24 x 3 x 7 x 7  2.84 ",
	} {
		if !strings.Contains(o.stdout, want) {
			t.Errorf("no %q in:\n%s", want, o.stdout)
		}
	}
	if o.code != exitDone || o.stderr != "" {
		t.Errorf("exit %d: %s", o.code, o.stderr)
	}
}

// A file that dinogpu does not run is listed, with the reason; one that is no weights at all fails.
func TestInspectWhatCannotBeUsed(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "resnet.safetensors")
	err := weights.WriteSafetensors(path, []layers.HostTensor{
		{Name: "layer1.0.conv1.weight", Shape: []int{1, 2}, Values: []float32{3, 4}},
		{Name: "fc.\x1b[31mweight\nx", Shape: []int{1}, Values: []float32{1}},
	}, map[string]string{"from": "a\n\x1b[2Jb"})
	if err != nil {
		t.Fatal(err)
	}
	r := inspectJSON(t, path)
	if r.Usable || !strings.Contains(r.Why, "looks like a ResNet") || r.Format != "what looks like a ResNet (.safetensors)" || len(r.Tensors) != 2 || *r.Tensors[1].Norm != 5 {
		t.Errorf("%+v", r)
	}
	o := dinogpu(t, nil, "weights", "inspect", path)
	if o.code != exitDone || !strings.Contains(o.stdout, "looks like a ResNet") || !strings.Contains(o.stdout, "\nvalues  3\n") || strings.ContainsAny(o.stdout, "\x1b") {
		t.Errorf("exit %d: %q", o.code, o.stdout)
	}
	none := filepath.Join(dir, "none.pth")
	if err := os.WriteFile(none, []byte("none"), 0o600); err != nil {
		t.Fatal(err)
	}
	if o := dinogpu(t, nil, "weights", "inspect", none); o.code != exitFailed || !strings.Contains(o.stderr, none) || o.stdout != "" {
		t.Errorf("exit %d: %s", o.code, o.stderr)
	}
}

// The sentence about what does not fit names the flag that takes the rest, and the flag does.
func TestPartialIsAFlag(t *testing.T) {
	c := settings.DefaultConfig()
	c.Dim, c.Depth, c.Heads, c.PatchSize, c.GlobalCropsSize = 24, 1, 2, 7, 14
	l := &layers.Params{}
	c.ViT().AddParams(l, "")
	path := filepath.Join(t.TempDir(), "w.safetensors")
	tensors := append(l.Fresh(1)[1:], layers.HostTensor{Name: "header.bias", Shape: []int{1}, Values: []float32{1}})
	tensors = append(tensors, layers.HostTensor{Name: "cls_token", Shape: []int{1, 1, 24}, Values: make([]float32, 24)})
	if err := weights.WriteSafetensors(path, tensors, weights.BackboneMetadata(c)); err != nil {
		t.Fatal(err)
	}
	images := filepath.Join(t.TempDir(), "images")
	for _, side := range []string{"train", "val"} {
		writeClasses(t, filepath.Join(images, side), 2, 1, "ant", "bee")
	}
	args := []string{"eval", "knn", "--weights", path, "--data", images, "--nb-knn", "1"}
	if o := dinogpu(t, nil, args...); o.code != exitFailed || !strings.Contains(o.stderr, `no place for "header.bias"`) || !strings.Contains(o.stderr, "or set --partial to take what fits") {
		t.Errorf("exit %d: %s", o.code, o.stderr)
	}
	if o := dinogpu(t, nil, append(args, "--partial")...); o.code != exitDone || !strings.Contains(o.stderr, "was taken in part, 18 of its backbone's 18 tensors") {
		t.Errorf("exit %d: %s", o.code, o.stderr)
	}
}
