package weights

import (
	"strings"
)

// Names of Hugging Face's ViTModel beside those of the released state_dict (transformers, modeling_vit.py). A model with
// a classifier on top has them under "vit.".
var (
	huggingFaceWhole = map[string]string{
		"embeddings.cls_token":                          "cls_token",
		"embeddings.position_embeddings":                "pos_embed",
		"embeddings.patch_embeddings.projection.weight": "patch_embed.proj.weight",
		"embeddings.patch_embeddings.projection.bias":   "patch_embed.proj.bias",
		"layernorm.weight":                              "norm.weight",
		"layernorm.bias":                                "norm.bias",
	}
	huggingFaceBlock = map[string]string{
		"layernorm_before":          "norm1",
		"layernorm_after":           "norm2",
		"attention.attention.query": "attn.qkv",
		"attention.attention.key":   "attn.qkv",
		"attention.attention.value": "attn.qkv",
		"attention.output.dense":    "attn.proj",
		"intermediate.dense":        "mlp.fc1",
		"output.dense":              "mlp.fc2",
	}
	thirds = []string{"query", "key", "value"} // as the rows of qkv are stacked
)

// huggingFaceName gives the released name of Hugging Face's, and which third of a qkv it is (1, 2, 3; 0: all of it). Any
// other name stays.
func huggingFaceName(name string) (released string, third int, ok bool) {
	inner := strings.TrimPrefix(name, "vit.")
	if whole, ok := huggingFaceWhole[inner]; ok {
		return whole, 0, true
	}
	rest, ok := strings.CutPrefix(inner, "encoder.layer.")
	number, rest, _ := strings.Cut(rest, ".")
	dot := strings.LastIndex(rest, ".")
	if !ok || dot < 0 {
		return name, 0, false
	}
	layer, kind := rest[:dot], rest[dot:]
	ours, ok := huggingFaceBlock[layer]
	if !ok || kind != ".weight" && kind != ".bias" {
		return name, 0, false
	}
	for i, key := range thirds {
		if strings.HasSuffix(layer, "."+key) {
			third = i + 1
		}
	}
	return "blocks." + number + "." + ours + kind, third, true
}
