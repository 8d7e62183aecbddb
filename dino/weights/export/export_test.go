package export

import (
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/dino/weights/dtype"
	"github.com/dinogpu/dinogpu/layers"
)

// made is a model with random weights: a teacher and a student, both with heads.
func made(v layers.ViTConfig) *weights.Model {
	r := rand.New(rand.NewPCG(7, 7))
	fill := func(add func(*layers.Params, string), prefix string) (out []layers.HostTensor) {
		l := &layers.Params{}
		add(l, prefix)
		for _, p := range l.List {
			x := layers.HostTensor{Name: p.Name, Shape: p.Shape, Values: make([]float32, p.Len())}
			for i := range x.Values {
				x.Values[i] = float32(r.NormFloat64())
			}
			out = append(out, x)
		}
		return out
	}
	m := &weights.Model{File: "a run", ViT: v, Mean: settings.RGB{0.25, 0.5, 0.125}, Std: settings.RGB{0.5, 1.0 / 3, 0.25}}
	head := layers.HeadConfig{In: v.Dim, Layers: 3, Hidden: 20, Bottleneck: 8, Out: 11}
	for _, role := range []string{weights.RoleTeacher, weights.RoleStudent} {
		m.Networks = append(m.Networks, weights.Network{Role: role, Backbone: fill(v.AddParams, ""), Head: fill(head.AddParams, settings.HeadPrefix)})
	}
	return m
}

var (
	odd   = layers.ViTConfig{ImageSize: 28, Patch: 7, Dim: 24, Depth: 2, Heads: 3}
	plain = layers.ViTConfig{ImageSize: 16, Patch: 8, Dim: 64, Depth: 1, Heads: 1} // heads of 64 values, which is what is assumed
)

// halves are the values as float16 keeps them.
func halves(tensors []layers.HostTensor) []layers.HostTensor {
	out := slices.Clone(tensors)
	for i, t := range out {
		out[i].Values = make([]float32, len(t.Values))
		for k, v := range t.Values {
			h, _ := dtype.ToHalf(v)
			out[i].Values[k] = dtype.FromHalf(h)
		}
	}
	return out
}

// What is exported and opened again is the same model, bit by bit.
func TestRoundTrips(t *testing.T) {
	for _, c := range []struct {
		name, format string
		vit          layers.ViTConfig
		head         bool
	}{
		{"a.safetensors", DINO, odd, false},
		{"a.safetensors", DINO, odd, true},
		{"a.pth", DINO, plain, false},
		{"a.PTH", DINO, plain, true},
		{"a.safetensors", Timm, odd, false},
		{"a.pth", Timm, plain, false},
		{"folder", Timm, odd, false},
		{"folder.v2", Timm, odd, false},
		{"folder", HF, odd, false},
		{"folder.v2", HF, odd, false},
	} {
		for role, half := range map[string]bool{weights.RoleTeacher: false, weights.RoleStudent: true} {
			m := made(c.vit)
			path := filepath.Join(t.TempDir(), c.name)
			if err := Write(m, path, Options{Format: c.format, Role: role, WithHead: c.head, Half: half}); err != nil {
				t.Fatal(err)
			}
			if info, err := os.Stat(path); err != nil || info.IsDir() != strings.HasPrefix(c.name, "folder") {
				t.Fatalf("%s as %s is %v, %v", c.name, c.format, info, err)
			}
			got, err := weights.Open(path, weights.Options{Notice: func(err error) { t.Error(err) }})
			if err != nil {
				t.Fatal(err)
			}
			want := *m
			if strings.EqualFold(filepath.Ext(path), ".pth") { // which has no place for them
				d := settings.DefaultConfig()
				want.Mean, want.Std = d.Mean, d.Std
			}
			n, _ := m.Network(role)
			n.Role = weights.RoleTeacher // as every file of one network is read
			if !c.head {
				n.Head = nil
			}
			if half {
				n.Backbone, n.Head = halves(n.Backbone), halves(n.Head)
			}
			byName := func(a, b layers.HostTensor) int { return strings.Compare(a.Name, b.Name) }
			slices.SortFunc(n.Head, byName)
			slices.SortFunc(got.Networks[0].Head, byName)
			if d := cmp.Diff(n, got.Networks[0]); d != "" || len(got.Networks) != 1 {
				t.Errorf("%s as %s, half %v, %s, head %v: (-want +got)\n%.2000s", c.name, c.format, half, role, c.head, d)
			}
			if got.ViT != want.ViT || got.Mean != want.Mean || got.Std != want.Std {
				t.Errorf("%s as %s: %+v, %v, %v", c.name, c.format, got.ViT, got.Mean, got.Std)
			}
		}
	}
}

// The files of a folder, and what stands in those that are read by people.
func TestFolders(t *testing.T) {
	for format, want := range map[string]map[string]string{
		Timm: {"model.safetensors": "", "config.json": `{
  "architecture": "vit_tiny_patch16_224",
  "num_classes": 0,
  "num_features": 24,
  "global_pool": "token",
  "model_args": {
    "img_size": 35,
    "patch_size": 7,
    "embed_dim": 24,
    "depth": 2,
    "num_heads": 3
  },
  "pretrained_cfg": {
    "custom_load": false,
    "input_size": [
      3,
      35,
      35
    ],
    "fixed_input_size": true,
    "interpolation": "bicubic",
    "crop_pct": 0.875,
    "crop_mode": "center",
    "mean": [
      0.25,
      0.5,
      0.125
    ],
    "std": [
      0.5,
      0.3333333333333333,
      0.25
    ],
    "num_classes": 0,
    "pool_size": null,
    "first_conv": "patch_embed.proj",
    "classifier": "head"
  }
}
`},
		HF: {"model.safetensors": "", "config.json": `{
  "architectures": [
    "ViTModel"
  ],
  "model_type": "vit",
  "image_size": 35,
  "patch_size": 7,
  "num_channels": 3,
  "hidden_size": 24,
  "num_hidden_layers": 2,
  "num_attention_heads": 3,
  "intermediate_size": 96,
  "hidden_act": "gelu",
  "layer_norm_eps": 0.000001,
  "qkv_bias": true,
  "hidden_dropout_prob": 0,
  "attention_probs_dropout_prob": 0,
  "initializer_range": 0.02,
  "torch_dtype": "float16"
}
`, "preprocessor_config.json": `{
  "image_processor_type": "ViTImageProcessor",
  "do_resize": true,
  "size": {
    "height": 35,
    "width": 35
  },
  "resample": 3,
  "do_rescale": true,
  "rescale_factor": 0.00392156862745098,
  "do_normalize": true,
  "image_mean": [
    0.25,
    0.5,
    0.125
  ],
  "image_std": [
    0.5,
    0.3333333333333333,
    0.25
  ]
}
`},
	} {
		folder := filepath.Join(t.TempDir(), "folder")
		if err := Write(made(odd), folder, Options{Format: format, Role: weights.RoleTeacher, Half: true, ImageSize: 35}); err != nil {
			t.Fatal(err)
		}
		entries, err := os.ReadDir(folder)
		if err != nil || len(entries) != len(want) {
			t.Errorf("%s: %v, %v", format, entries, err)
		}
		for name, text := range want {
			got, err := os.ReadFile(filepath.Join(folder, name))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(text, string(got)); d != "" && text != "" {
				t.Errorf("%s, %s: (-want +got)\n%s", format, name, d)
			}
		}
	}
}

// The released names become those of transformers' ViTModel, and qkv's thirds layers of their own.
func TestHFNames(t *testing.T) {
	v := plain
	backbone := made(v).Networks[0].Backbone
	named := map[string]layers.HostTensor{}
	for _, x := range backbone {
		named[x.Name] = x
	}
	want := map[string]string{
		"embeddings.cls_token":                             "cls_token",
		"embeddings.position_embeddings":                   "pos_embed",
		"embeddings.patch_embeddings.projection.weight":    "patch_embed.proj.weight",
		"embeddings.patch_embeddings.projection.bias":      "patch_embed.proj.bias",
		"encoder.layer.0.layernorm_before.weight":          "blocks.0.norm1.weight",
		"encoder.layer.0.layernorm_before.bias":            "blocks.0.norm1.bias",
		"encoder.layer.0.attention.attention.query.weight": "blocks.0.attn.qkv.weight",
		"encoder.layer.0.attention.attention.query.bias":   "blocks.0.attn.qkv.bias",
		"encoder.layer.0.attention.attention.key.weight":   "blocks.0.attn.qkv.weight",
		"encoder.layer.0.attention.attention.key.bias":     "blocks.0.attn.qkv.bias",
		"encoder.layer.0.attention.attention.value.weight": "blocks.0.attn.qkv.weight",
		"encoder.layer.0.attention.attention.value.bias":   "blocks.0.attn.qkv.bias",
		"encoder.layer.0.attention.output.dense.weight":    "blocks.0.attn.proj.weight",
		"encoder.layer.0.attention.output.dense.bias":      "blocks.0.attn.proj.bias",
		"encoder.layer.0.layernorm_after.weight":           "blocks.0.norm2.weight",
		"encoder.layer.0.layernorm_after.bias":             "blocks.0.norm2.bias",
		"encoder.layer.0.intermediate.dense.weight":        "blocks.0.mlp.fc1.weight",
		"encoder.layer.0.intermediate.dense.bias":          "blocks.0.mlp.fc1.bias",
		"encoder.layer.0.output.dense.weight":              "blocks.0.mlp.fc2.weight",
		"encoder.layer.0.output.dense.bias":                "blocks.0.mlp.fc2.bias",
		"layernorm.weight":                                 "norm.weight",
		"layernorm.bias":                                   "norm.bias",
	}
	got := hfTensors(backbone)
	if len(got) != len(want) {
		t.Errorf("%d tensors, want %d", len(got), len(want))
	}
	for _, x := range got {
		from := named[want[x.Name]]
		for i, part := range []string{".query.", ".key.", ".value."} {
			if strings.Contains(x.Name, part) {
				n := len(from.Values) / 3
				from.Shape, from.Values = append([]int{v.Dim}, from.Shape[1:]...), from.Values[i*n:(i+1)*n]
			}
		}
		if !slices.Equal(x.Shape, from.Shape) || !slices.Equal(x.Values, from.Values) {
			t.Errorf("%s is not %s", x.Name, want[x.Name])
		}
	}
}

// Positions for another size are those that layers makes, and the model that was exported is as it was.
func TestImageSize(t *testing.T) {
	m := made(odd)
	before := slices.Clone(m.Networks[0].Backbone[1].Values)
	want, err := odd.ResizePositions(before, 6, 6)
	if err != nil || len(want) != 37*24 {
		t.Fatal(err, len(want))
	}
	path := filepath.Join(t.TempDir(), "a.safetensors")
	if err := Write(m, path, Options{Format: DINO, Role: weights.RoleTeacher, ImageSize: 42}); err != nil {
		t.Fatal(err)
	}
	got, err := weights.Open(path, weights.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got.ViT.ImageSize != 42 || !slices.Equal(got.Networks[0].Backbone[1].Values, want) {
		t.Errorf("%+v, or other positions than those of layers", got.ViT)
	}
	if m.ViT != odd || !slices.Equal(m.Networks[0].Backbone[1].Values, before) {
		t.Error("the model that was exported has changed")
	}
}

// What cannot be exported is an error that says what to do, and leaves nothing behind.
func TestRefusals(t *testing.T) {
	teacher := Options{Role: weights.RoleTeacher}
	with := func(format string, change func(*Options)) Options {
		o := teacher
		o.Format = format
		if change != nil {
			change(&o)
		}
		return o
	}
	headless := made(odd)
	headless.Networks = headless.Networks[:1]
	headless.Networks[0].Head = nil
	beyond, broken := made(odd), made(odd)
	beyond.Networks[0].Backbone[5].Values[3] = 1e6
	broken.Networks[0].Backbone[7].Values[2] = float32(math.NaN())
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "theirs"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	head, half := func(o *Options) { o.WithHead = true }, func(o *Options) { o.Half = true }
	size := func(n int) func(*Options) { return func(o *Options) { o.ImageSize = n } }
	for _, c := range []struct {
		model *weights.Model
		path  string
		o     Options
		want  string
	}{
		{made(odd), "a", with(DINO, nil), "dino is written as .safetensors or .pth"},
		{made(odd), "a.onnx", with(Timm, nil), "name a .safetensors or .pth file, or a folder"},
		{made(odd), "a.safetensors", with(HF, nil), "name it without .safetensors"},
		{made(odd), "a.pth", with(ONNX, nil), "does not end in .onnx"},
		{made(odd), "a.pth", with(Timm, head), "timm's models have no place for the projection head"},
		{made(odd), "a", with(HF, head), "ViTModel has no place for the projection head"},
		{headless, "a.pth", with(DINO, head), "a run holds no projection head"},
		{headless, "a.pth", with(DINO, func(o *Options) { o.Role = weights.RoleStudent }), "holds no student"},
		{beyond, "a", with(HF, half), `tensor "blocks.0.norm1.bias" has the value 1e+06, which float16 cannot hold: export as float32`},
		{beyond, "a.onnx", with(ONNX, half), `tensor "blocks.0.norm1.bias" has the value 1e+06`},
		{beyond, "a.pth", with(DINO, half), `tensor "blocks.0.norm1.bias" has the value 1e+06`},
		{broken, "a.safetensors", with(DINO, nil), "blocks.0.attn.qkv.bias is not finite (element 2 is NaN)"},
		{made(odd), "a.onnx", with(ONNX, size(30)), "30 pixels are no whole number of patches of 7: take a multiple of 7, like 28"},
		{made(odd), "a.onnx", with(ONNX, size(3)), "like 7"},
		{made(odd), "a.onnx", with(ONNX, size(7*2000)), "image_size"},
		{made(odd), folder, with(HF, nil), "is there already and not empty: name another, or empty it"},
		{made(odd), folder, with(Timm, nil), "is there already and not empty: name another, or empty it"},
	} {
		above := t.TempDir()
		path := c.path
		if !filepath.IsAbs(path) {
			path = filepath.Join(above, path)
		}
		err := Write(c.model, path, c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s as %s: %v, want %q", c.path, c.o.Format, err, c.want)
		}
		if entries, _ := os.ReadDir(above); len(entries) > 0 {
			t.Errorf("%v leaves %v", err, entries)
		}
	}
	if err := Write(made(odd), folder, with(HF, nil)); !errors.Is(err, disk.ErrNotEmpty) {
		t.Errorf("%v", err)
	}
}
