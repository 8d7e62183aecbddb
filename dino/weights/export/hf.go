package export

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/layers"
)

// An hfConfig is the config.json of transformers' ViTModel.
type hfConfig struct {
	Architectures    []string `json:"architectures"`
	ModelType        string   `json:"model_type"`
	ImageSize        int      `json:"image_size"`
	PatchSize        int      `json:"patch_size"`
	NumChannels      int      `json:"num_channels"`
	HiddenSize       int      `json:"hidden_size"`
	Layers           int      `json:"num_hidden_layers"`
	Heads            int      `json:"num_attention_heads"`
	IntermediateSize int      `json:"intermediate_size"`
	HiddenAct        string   `json:"hidden_act"`
	LayerNormEps     float64  `json:"layer_norm_eps"`
	QKVBias          bool     `json:"qkv_bias"`
	HiddenDropout    float64  `json:"hidden_dropout_prob"`
	AttentionDropout float64  `json:"attention_probs_dropout_prob"`
	InitializerRange float64  `json:"initializer_range"`
	TorchDType       string   `json:"torch_dtype"`
}

// An hfPreprocessor is the preprocessor_config.json of transformers' ViTImageProcessor.
type hfPreprocessor struct {
	Type          string     `json:"image_processor_type"`
	DoResize      bool       `json:"do_resize"`
	Size          hfSize     `json:"size"`
	Resample      int        `json:"resample"`
	DoRescale     bool       `json:"do_rescale"`
	RescaleFactor float64    `json:"rescale_factor"`
	DoNormalize   bool       `json:"do_normalize"`
	Mean          [3]float64 `json:"image_mean"`
	Std           [3]float64 `json:"image_std"`
}

type hfSize struct {
	Height int `json:"height"`
	Width  int `json:"width"`
}

func (e *exporting) hfConfig() hfConfig {
	v := e.model.ViT
	c := hfConfig{
		Architectures: []string{"ViTModel"}, ModelType: "vit",
		ImageSize: v.ImageSize, PatchSize: v.Patch, NumChannels: 3,
		HiddenSize: v.Dim, Layers: v.Depth, Heads: v.Heads, IntermediateSize: 4 * v.Dim,
		HiddenAct: "gelu", LayerNormEps: 1e-6, QKVBias: true, InitializerRange: 0.02, TorchDType: "float32",
	}
	if e.options.Half {
		c.TorchDType = "float16"
	}
	return c
}

func (e *exporting) hfPreprocessor() hfPreprocessor {
	const bicubic = 3 // as Pillow numbers its filters
	size := e.model.ViT.ImageSize
	return hfPreprocessor{
		Type: "ViTImageProcessor", DoResize: true, Size: hfSize{size, size}, Resample: bicubic,
		DoRescale: true, RescaleFactor: 1.0 / 255, DoNormalize: true, Mean: e.model.Mean, Std: e.model.Std,
	}
}

// writeHF fills a folder for transformers.
func (e *exporting) writeHF(folder string) error {
	for name, content := range map[string]any{"config.json": e.hfConfig(), "preprocessor_config.json": e.hfPreprocessor()} {
		if err := writeJSON(filepath.Join(folder, name), content); err != nil {
			return err
		}
	}
	return weights.WriteSafetensorsAs(filepath.Join(folder, "model.safetensors"), e.kind(), hfTensors(e.Backbone), map[string]string{"format": "pt"})
}

// hfNames are ViTModel's names for what the released names say, outside the blocks and within one.
var (
	hfNames = strings.NewReplacer(
		"cls_token", "embeddings.cls_token",
		"pos_embed", "embeddings.position_embeddings",
		"patch_embed.proj", "embeddings.patch_embeddings.projection",
		"norm.", "layernorm.",
	)
	hfBlockNames = strings.NewReplacer(
		"norm1", "layernorm_before",
		"attn.proj", "attention.output.dense",
		"norm2", "layernorm_after",
		"mlp.fc1", "intermediate.dense",
		"mlp.fc2", "output.dense",
	)
)

// hfTensors gives a backbone's tensors their names in ViTModel, where queries, keys and values are layers of their own:
// the thirds of qkv's rows. Values are shared.
func hfTensors(backbone []layers.HostTensor) []layers.HostTensor {
	var out []layers.HostTensor
	for _, t := range backbone {
		rest, inBlock := strings.CutPrefix(t.Name, "blocks.")
		if !inBlock {
			t.Name = hfNames.Replace(t.Name)
			out = append(out, t)
			continue
		}
		number, name, _ := strings.Cut(rest, ".")
		layer := fmt.Sprintf("encoder.layer.%s.", number)
		kind, split := strings.CutPrefix(name, "attn.qkv.")
		if !split {
			t.Name = layer + hfBlockNames.Replace(name)
			out = append(out, t)
			continue
		}
		shape := append([]int{t.Shape[0] / 3}, t.Shape[1:]...)
		n := len(t.Values) / 3
		for i, part := range []string{"query", "key", "value"} {
			out = append(out, layers.HostTensor{Name: layer + "attention.attention." + part + "." + kind, Shape: shape, Values: t.Values[i*n:][:n]})
		}
	}
	return out
}

func writeJSON(path string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return disk.WriteBytes(path, append(b, '\n'))
}
