package weights

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/layers"
)

// What is missing, of another shape and left over: an error, and with Partial a notice that lists all three.
func TestPartial(t *testing.T) {
	c := smallViT()
	fresh := map[string]layers.HostTensor{} // as a run with seed 0 begins
	for _, x := range c.Layout().Fresh(0) {
		if name, ok := strings.CutPrefix(x.Name, settings.BackbonePrefix); ok {
			x.Name = name
			fresh[name] = x
		}
	}
	want := hostWeights(c, "", false)
	var tensors []layers.HostTensor
	for i, x := range want {
		switch x.Name {
		case "cls_token", "blocks.1.mlp.fc2.weight", "norm.weight":
			want[i] = fresh[x.Name]
		case "blocks.0.attn.proj.weight":
			want[i] = fresh[x.Name]
			tensors = append(tensors, layers.HostTensor{Name: x.Name, Shape: []int{64, 32}, Values: x.Values[:64*32]})
		default:
			tensors = append(tensors, x)
		}
	}
	tensors = append(tensors, layers.HostTensor{Name: "pooler.dense.bias", Shape: []int{64}, Values: make([]float32, 64)})
	if v := fresh["blocks.1.mlp.fc2.weight"].Values; v[0] == v[1] {
		t.Fatal("a fresh weight is not random")
	}
	path := filepath.Join(t.TempDir(), "w.safetensors")
	if err := WriteSafetensors(path, tensors, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, Options{}); err == nil || !strings.Contains(err.Error(), "lacks the tensor cls_token") {
		t.Errorf("not partial: %v", err)
	}
	var said []string
	w, err := Open(path, Options{Partial: true, Notice: func(err error) { said = append(said, err.Error()) }})
	if err != nil {
		t.Fatal(err)
	}
	wantTensors(t, w.Networks[0].Backbone, want)
	const words = `taken in part, 26 of its backbone's 30 tensors: it lacks cls_token, blocks.1.mlp.fc2.weight, norm.weight; ` +
		`of another shape are blocks.0.attn.proj.weight [64 32] instead of [64 64]; it has no place for "pooler.dense.bias"; what is missing`
	if len(said) != 1 || !strings.Contains(said[0], words) || !strings.Contains(said[0], path) {
		t.Errorf("said %q", said)
	}
}

func TestPartialHasItsLimits(t *testing.T) {
	c := smallViT()
	only := func(names ...string) []layers.HostTensor {
		return slices.DeleteFunc(hostWeights(c, "", false), func(x layers.HostTensor) bool { return !slices.Contains(names, x.Name) })
	}
	for what, x := range map[string]struct {
		tensors []layers.HostTensor
		meta    map[string]string
		want    string
	}{
		"no projection": {only("cls_token", "pos_embed"), nil, "lacks the tensor patch_embed.proj.weight"},
		"no positions":  {slices.DeleteFunc(hostWeights(c, "", false), func(x layers.HostTensor) bool { return x.Name == "pos_embed" }), nil, "how large its images are"},
		"with a size": {
			slices.DeleteFunc(hostWeights(c, "", false), func(x layers.HostTensor) bool { return x.Name == "pos_embed" }),
			map[string]string{metaImageSize: "32"},
			"",
		},
		"too little": {only("cls_token", "pos_embed", "patch_embed.proj.weight", "blocks.1.norm1.weight"), nil, "less than half"},
	} {
		path := filepath.Join(t.TempDir(), "w.safetensors")
		if err := WriteSafetensors(path, x.tensors, x.meta); err != nil {
			t.Fatal(err)
		}
		_, err := Open(path, Options{Partial: true})
		if x.want == "" && err != nil || x.want != "" && (err == nil || !strings.Contains(err.Error(), x.want) || !strings.Contains(err.Error(), path)) {
			t.Errorf("%s: want %q, got %v", what, x.want, err)
		}
	}
}
