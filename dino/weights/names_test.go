package weights

import (
	"fmt"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights/torchfile"
	"github.com/dinogpu/dinogpu/layers"
)

// smallViT is a model whose heads have 64 values, so that its tensors alone say what it is.
func smallViT() settings.Config {
	c := smallConfig()
	c.Dim, c.Heads, c.PatchSize, c.GlobalCropsSize = 64, 1, 8, 32
	return c
}

// mustOpen opens a file of these tensors, about which nothing may be said.
func mustOpen(t *testing.T, tensors []layers.HostTensor) *Model {
	t.Helper()
	path := filepath.Join(t.TempDir(), "w.safetensors")
	if err := WriteSafetensors(path, tensors, nil); err != nil {
		t.Fatal(err)
	}
	w, err := Open(path, Options{Notice: func(err error) { t.Error(err) }})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// wantBackbone compares a network's backbone with the tensors that a file was made of.
func wantBackbone(t *testing.T, c settings.Config, w *Model, role string, want []layers.HostTensor) {
	t.Helper()
	if d := settings.DefaultConfig(); w.ViT != c.ViT() || w.Mean != d.Mean || w.Std != d.Std {
		t.Errorf("%+v, mean %v, std %v", w.ViT, w.Mean, w.Std)
	}
	n, err := w.Network(role)
	if err != nil {
		t.Fatal(err)
	}
	wantTensors(t, n.Backbone, want)
}

// huggingFaceNames are a backbone's tensors as Hugging Face's ViTModel has them. The names are made by another way than
// the product's: by replacing words.
func huggingFaceNames(ahead string, tensors []layers.HostTensor) []layers.HostTensor {
	words := strings.NewReplacer(
		"cls_token", "embeddings.cls_token", "pos_embed", "embeddings.position_embeddings",
		"patch_embed.proj", "embeddings.patch_embeddings.projection", "blocks.", "encoder.layer.",
		"norm1", "layernorm_before", "norm2", "layernorm_after", "attn.proj", "attention.output.dense",
		"mlp.fc1", "intermediate.dense", "mlp.fc2", "output.dense", "attn.qkv", "attention.attention.QKV",
	)
	var out []layers.HostTensor
	for _, x := range tensors {
		name := ahead + words.Replace(regexp.MustCompile("^norm").ReplaceAllString(x.Name, "layernorm"))
		if !strings.Contains(name, "QKV") {
			out = append(out, layers.HostTensor{Name: name, Shape: x.Shape, Values: x.Values})
			continue
		}
		n := len(x.Values) / 3
		shape := slices.Clone(x.Shape)
		shape[0] /= 3
		for i, third := range []string{"query", "key", "value"} {
			out = append(out, layers.HostTensor{Name: strings.Replace(name, "QKV", third, 1), Shape: shape, Values: x.Values[i*n : (i+1)*n]})
		}
	}
	return out
}

func TestPrefixesAreTakenAwayWhereverTheyStand(t *testing.T) {
	c := smallViT()
	for _, ahead := range []string{
		"", "backbone.", "module.", "module.backbone.", "backbone.module.", "state_dict.", "model.", "state_dict.model.module.", "model_state_dict.",
		"module.state_dict.backbone.", "teacher.", "model.teacher.module.backbone.", "module.teacher.",
	} {
		t.Run(ahead, func(t *testing.T) {
			w := mustOpen(t, hostWeights(c, ahead, false))
			wantBackbone(t, c, w, RoleTeacher, hostWeights(c, "", false))
			if len(w.Networks) != 1 || w.Center != nil || w.Format != "DINO or timm backbone (.safetensors)" {
				t.Errorf("%d networks, center %v, %q", len(w.Networks), w.Center, w.Format)
			}
		})
	}
}

func TestHuggingFaceNames(t *testing.T) {
	c := smallViT()
	for _, ahead := range []string{"", "vit.", "model.vit."} {
		w := mustOpen(t, huggingFaceNames(ahead, hostWeights(c, "", false)))
		wantBackbone(t, c, w, RoleTeacher, hostWeights(c, "", false))
		if w.Format != "Hugging Face ViT (.safetensors)" {
			t.Errorf("%q is %q", ahead, w.Format)
		}
	}
	// One third away, and one that is smaller than the others.
	path := filepath.Join(t.TempDir(), "w.safetensors")
	for what, x := range map[string]struct {
		change func(*layers.HostTensor) bool // false: leave it out
		want   string
	}{
		"away":    {func(x *layers.HostTensor) bool { return false }, `it lacks blocks.1.attn.qkv.weight; it has no place for "encoder.layer.1.attention.attention.query.weight", "encoder.layer.1.attention.attention.value.weight"`},
		"smaller": {func(x *layers.HostTensor) bool { x.Shape, x.Values = []int{32, 64}, x.Values[:32*64]; return true }, "the query, key and value rows of blocks.1.attn.qkv.weight [64 64], [32 64], [64 64]"},
	} {
		tensors := huggingFaceNames("", hostWeights(c, "", false))
		var out []layers.HostTensor
		for _, y := range tensors {
			if y.Name != "encoder.layer.1.attention.attention.key.weight" || x.change(&y) {
				out = append(out, y)
			}
		}
		if err := WriteSafetensors(path, out, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path, Options{}); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: want %q, got %v", what, x.want, err)
		}
	}
}

// A checkpoint of the released training, and one from before it was released.
func TestBothNetworksAndTheCenter(t *testing.T) {
	c := smallViT()
	center := layers.HostTensor{Name: "dino_loss.center", Shape: []int{1, c.OutDim}, Values: make([]float32, c.OutDim)}
	center.Values[3] = 5
	moment := layers.HostTensor{Name: "optimizer.state.0.exp_avg", Shape: []int{2}, Values: []float32{1, 2}}
	twice := func(tensors []layers.HostTensor) []layers.HostTensor {
		out := slices.Clone(tensors)
		for i, x := range out {
			out[i].Values = slices.Clone(x.Values)
			for k := range x.Values {
				out[i].Values[k] *= 2
			}
		}
		return out
	}
	early := func(ahead string, tensors []layers.HostTensor) []layers.HostTensor {
		out := slices.Clone(tensors)
		for i := range out {
			out[i].Name = ahead + strings.NewReplacer("head.mlp", "projection_head", "head.last_layer", "prototypes").Replace(out[i].Name)
		}
		return out
	}
	plain := hostWeights(c, "", true)
	for name, x := range map[string]struct {
		tensors []layers.HostTensor
		center  []float32
	}{
		"released": {append(append(hostWeights(c, "teacher.backbone.", true), twice(hostWeights(c, "student.module.backbone.", true))...), center, moment), center.Values},
		"early":    {append(early("student.", twice(plain)), early("teacher.", plain)...), nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := mustOpen(t, x.tensors)
			wantBackbone(t, c, w, RoleTeacher, hostWeights(c, "", false))
			wantBackbone(t, c, w, RoleStudent, twice(hostWeights(c, "", false)))
			if !slices.Equal(w.Center, x.center) || (w.Center == nil) != (x.center == nil) {
				t.Errorf("center %v", w.Center)
			}
			if w.Format != "DINO checkpoint (.safetensors), teacher and student" || w.Networks[0].Role != RoleTeacher {
				t.Errorf("%q, the first is the %s", w.Format, w.Networks[0].Role)
			}
			var head []layers.HostTensor // in the released order, which is the layout's
			for _, x := range plain {
				if strings.HasPrefix(x.Name, settings.HeadPrefix) {
					head = append(head, x)
				}
			}
			wantTensors(t, w.Networks[0].Head, head)
			wantTensors(t, w.Networks[1].Head, twice(head))
		})
	}
	// A student by itself is not taken for the teacher.
	w := mustOpen(t, hostWeights(c, "student.backbone.", false))
	if _, err := w.Network(RoleTeacher); err == nil || !strings.Contains(err.Error(), "only a student: ask for that with `checkpoint_key`") {
		t.Errorf("teacher: %v", err)
	}
	wantBackbone(t, c, w, RoleStudent, hostWeights(c, "", false))
}

// A center of another head is left out and said.
func TestACenterOfAnotherHead(t *testing.T) {
	c := smallViT()
	path := filepath.Join(t.TempDir(), "w.safetensors")
	center := layers.HostTensor{Name: "dino_loss.center", Shape: []int{1, 4}, Values: make([]float32, 4)}
	if err := WriteSafetensors(path, append(hostWeights(c, "teacher.", true), center), nil); err != nil {
		t.Fatal(err)
	}
	var said []string
	w, err := Open(path, Options{Notice: func(err error) { said = append(said, err.Error()) }})
	if err != nil || w.Center != nil || len(said) != 1 || !strings.Contains(said[0], fmt.Sprintf("center of shape [1 4] for a head of %d prototypes", c.OutDim)) {
		t.Errorf("%v, center %v, said %q", err, w.Center, said)
	}
}

// What lies beside the networks, an optimizer's moments, costs no memory.
func TestMomentsAreNotRead(t *testing.T) {
	c := smallViT()
	moment := layers.HostTensor{Name: "optimizer.state.0.exp_avg", Shape: []int{4 << 20}, Values: make([]float32, 4<<20)}
	path := filepath.Join(t.TempDir(), "w.pth")
	if err := torchfile.Write(path, append(hostWeights(c, "teacher.backbone.", false), moment)); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	w, err := Open(path, Options{})
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	wantBackbone(t, c, w, RoleTeacher, hostWeights(c, "", false))
	if took := after.TotalAlloc - before.TotalAlloc; took > 8<<20 {
		t.Errorf("%d bytes were allocated beside a moment of %d", took, 16<<20)
	}
}
