package weights

import "strings"

// others are models that dinogpu does not run, by what stands in the names of their tensors; the first that fits is
// taken. Names are those of the models' own code, timm and Hugging Face.
var others = []struct {
	what  string
	marks []string
}{
	{"an MAE with its decoder, and dinogpu reads no masked autoencoder", []string{"decoder_blocks.", "decoder.decoder_layers."}},
	{"an XCiT, which dinogpu has not", []string{"cls_attn_blocks.", ".local_mp."}},
	{"a transformer with relative positions (BEiT or Swin), which dinogpu has not", []string{"relative_position_bias", "relative_position_index"}},
	{"a DeiT with a distillation token, which dinogpu has not", []string{"dist_token", "distillation_token"}},
	{"a CLIP, and dinogpu reads vision transformers by themselves", []string{"text_model.", "text_projection", "token_embedding.weight", "vision_model."}},
	{
		"a DINOv2 or a ViT like it (register tokens, LayerScale or a mask token), which dinogpu does not have yet",
		[]string{"register_tokens", "reg_token", "mask_token", ".ls1.", ".layer_scale1."},
	},
	{"a CaiT or a ViT with LayerScale, which dinogpu does not have yet", []string{".gamma_1"}},
	{"a ResNet, and dinogpu trains and runs vision transformers only", []string{"layer1.0.conv1.weight", "encoder.stages.0.layers.0.layer.0.convolution.weight"}},
	{"a ConvNeXt, and dinogpu trains and runs vision transformers only", []string{"stages.0.blocks.0.conv_dw", "stages.0.0.dwconv", "stages.0.layers.0.dwconv"}},
	{"a language model, and dinogpu reads vision transformers", []string{"word_embeddings.weight", "embed_tokens.weight", "wte.weight"}},
	{"a convolutional network, and dinogpu trains and runs vision transformers only", []string{".running_mean", "features.0.weight"}},
}

// otherModel says what a network is that is no plain ViT, or nothing.
func otherModel(n namedNetwork) string {
	for _, o := range others {
		for _, p := range n.parts {
			for _, mark := range o.marks {
				if strings.Contains("."+p.of, mark) && !ofHead(p.of) {
					return o.what
				}
			}
		}
	}
	if len(n.parts) == 2 && firstKey(n.parts[0].of) == "linear" && firstKey(n.parts[1].of) == "linear" {
		return "a linear classifier by itself: name the file of the backbone that it was trained on"
	}
	return ""
}
