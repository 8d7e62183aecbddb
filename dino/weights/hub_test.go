package weights

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/layers"
)

// hubFolder makes a folder with these files beside model.safetensors.
func hubFolder(t *testing.T, tensors []layers.HostTensor, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	if err := WriteSafetensors(filepath.Join(dir, "model.safetensors"), tensors, map[string]string{"format": "pt"}); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		writeTestFile(t, filepath.Join(dir, name), []byte(text))
	}
	return dir
}

// Config.json says what tensors do not, in a folder of Hugging Face and in one of timm, by the folder or by the file.
func TestHubFolders(t *testing.T) {
	c := smallConfig() // width 24 in three heads, which no tensor tells
	imagenet := settings.DefaultConfig()
	backbone := hostWeights(c, "", false)
	for name, x := range map[string]struct {
		tensors   []layers.HostTensor
		files     map[string]string
		mean, std settings.RGB
		format    string
		said      string
	}{
		"hugging face": {
			huggingFaceNames("vit.", backbone),
			map[string]string{
				"config.json": `{"model_type": "vit", "architectures": ["ViTModel"], "hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3,
					"intermediate_size": 96, "hidden_act": "gelu", "layer_norm_eps": 1e-12, "image_size": 28, "patch_size": 7, "num_channels": 3, "qkv_bias": true}`,
				"preprocessor_config.json": `{"do_normalize": true, "image_mean": [0.5, 0.25, 0.5], "image_std": [0.5, 0.5, 0.25], "size": {"height": 28, "width": 28}}`,
			},
			settings.RGB{0.5, 0.25, 0.5},
			settings.RGB{0.5, 0.5, 0.25},
			"Hugging Face ViT (.safetensors)", "",
		},
		"hugging face, not normalized": {
			huggingFaceNames("", backbone),
			map[string]string{"config.json": `{"model_type": "vit", "num_attention_heads": 3}`, "preprocessor_config.json": `{"do_normalize": false, "image_mean": [0.5, 0.5, 0.5]}`},
			settings.RGB{},
			settings.RGB{1, 1, 1},
			"Hugging Face ViT (.safetensors)", "",
		},
		"hugging face alone": {
			huggingFaceNames("", backbone),
			map[string]string{"config.json": `{"num_attention_heads": 3, "layer_norm_eps": 1e-6}`},
			imagenet.Mean, imagenet.Std, "Hugging Face ViT (.safetensors)", "no preprocessor_config.json",
		},
		"timm": {
			backbone,
			map[string]string{"config.json": `{"architecture": "vit_tiny_patch7_28.dino", "num_classes": 0, "num_features": 24, "model_args": {"num_heads": 3},
				"pretrained_cfg": {"input_size": [3, 28, 28], "mean": [0.1, 0.2, 0.3], "std": [0.3, 0.2, 0.1], "first_conv": "patch_embed.proj"}}`},
			settings.RGB{0.1, 0.2, 0.3},
			settings.RGB{0.3, 0.2, 0.1},
			"timm ViT (.safetensors)", "",
		},
		"timm, as save_for_hf of 1.0.31 writes it": {
			backbone,
			map[string]string{"config.json": `{"architecture": "vit_tiny_patch16_224", "num_classes": 0, "model_args": {"num_heads": 3, "img_size": [28, 28], "in_chans": 3},
				"pretrained_cfg": {"input_size": [3, 28, 28], "mean": [0.1, 0.2, 0.3], "std": [0.3, 0.2, 0.1], "pool_size": null}}`},
			settings.RGB{0.1, 0.2, 0.3},
			settings.RGB{0.3, 0.2, 0.1},
			"timm ViT (.safetensors)", "",
		},
		"timm, earlier": {
			backbone,
			map[string]string{"config.json": `{"architecture": "vit", "model_args": {"num_heads": 3, "img_size": 28}, "input_size": [3, 224, 224], "mean": [0.1, 0.2, 0.3], "std": [0.3, 0.2, 0.1]}`},
			settings.RGB{0.1, 0.2, 0.3},
			settings.RGB{0.3, 0.2, 0.1},
			"timm ViT (.safetensors)", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := hubFolder(t, x.tensors, x.files)
			for _, path := range []string{dir, filepath.Join(dir, "model.safetensors")} {
				var said string
				w, err := Open(path, Options{Notice: func(err error) { said += err.Error() }})
				if err != nil {
					t.Fatal(err)
				}
				if w.ViT != c.ViT() || w.Mean != x.mean || w.Std != x.std || w.Format != x.format || w.File != filepath.Join(dir, "model.safetensors") {
					t.Errorf("%+v, mean %v, std %v, %q of %s", w.ViT, w.Mean, w.Std, w.Format, w.File)
				}
				wantTensors(t, w.Networks[0].Backbone, backbone)
				if x.said == "" && said != "" || !strings.Contains(said, x.said) {
					t.Errorf("said %q", said)
				}
			}
		})
	}
}

func TestHubFoldersRefused(t *testing.T) {
	c := smallConfig()
	backbone := huggingFaceNames("", hostWeights(c, "", false))
	config := func(more string) map[string]string {
		return map[string]string{"config.json": `{"model_type": "vit", "num_attention_heads": 3` + more + `}`, "preprocessor_config.json": "{}"}
	}
	for _, x := range []struct {
		files map[string]string
		want  string
	}{
		{config(`, "hidden_act": "gelu_new"`), `activation (hidden_act) "gelu_new"`},
		{config(`, "layer_norm_eps": 1e-5`), "layer_norm_eps 1e-05"},
		{config(`, "qkv_bias": false`), "qkv_bias false"},
		{config(`, "hidden_size": 48`), "config.json says hidden_size 48 where the weights beside it need 24"},
		{config(`, "num_hidden_layers": 12`), "num_hidden_layers 12"},
		{config(`, "intermediate_size": 48`), "intermediate_size 48 where the weights beside it need 96"},
		{config(`, "patch_size": 16`), "patch_size 16"},
		{config(`, "num_channels": 1`), "num_channels 1"},
		{config(`, "image_size": 224`), "positions for 4 x 4 patches"},
		{config(`, "image_size": -1`), "-1 pixels of an image"},
		{config(`, "num_hidden_layers": "two"`), "config.json is damaged"},
		{map[string]string{"config.json": `{"num_attention_heads": 0}`}, "0 heads"},
		{map[string]string{"config.json": `{"num_attention_heads": 5}`, "preprocessor_config.json": "{}"}, "`heads` 5 does not divide `dim` 24"},
		{map[string]string{"config.json": `{"model_type": "dinov2"}`}, `of type "dinov2"`},
		{map[string]string{"config.json": `[`}, "config.json is damaged"},
		{map[string]string{"config.json": strings.Repeat(" ", 1<<20) + "{}"}, "more than such a file ever has"},
		{map[string]string{"config.json": `{"num_attention_heads": 3}`, "preprocessor_config.json": `{"image_mean": [0.5]}`}, "mean of 1 channels"},
		{map[string]string{"config.json": `{"num_attention_heads": 3}`, "preprocessor_config.json": `{"image_std": [0, 0, 0]}`}, "`std` 0,0,0 must be above 0"},
		{map[string]string{"config.json": `{"architecture": "vit", "pretrained_cfg": {"input_size": [3, 28, 14]}}`}, "input_size [3 28 14]"},
		{map[string]string{"config.json": `{"architecture": "vit", "model_args": {"img_size": [28, 14]}}`}, "img_size [28 14]"},
		{map[string]string{"config.json": `{"architecture": "vit", "model_args": {"img_size": "28"}}`}, "config.json is damaged"},
		{nil, "does not say how many attention heads"},
	} {
		dir := hubFolder(t, backbone, x.files)
		if _, err := Open(dir, Options{}); err == nil || !strings.Contains(err.Error(), x.want) || !strings.Contains(err.Error(), dir) || strings.Contains(err.Error(), "\n") {
			t.Errorf("want %q and the path, got %v", x.want, err)
		}
	}
}

func TestFoldersWithoutWeights(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(dir, Options{}); err == nil || !strings.Contains(err.Error(), dir+" is no folder with weights") || !strings.Contains(err.Error(), "pytorch_model.bin") {
		t.Error(err)
	}
	writeTestFile(t, filepath.Join(dir, "model.safetensors.index.json"), []byte("{}"))
	if _, err := Open(dir, Options{}); err == nil || !strings.Contains(err.Error(), "in several files") {
		t.Error(err)
	}
}

// A file like runs/latest leads to the run beside it that it names, and nowhere else.
func TestOpenLatest(t *testing.T) {
	c := smallConfig()
	run := writeRun(t, c, 4)
	runs := t.TempDir()
	if err := os.Rename(run, filepath.Join(runs, "tiny-1")); err != nil {
		t.Fatal(err)
	}
	latest := filepath.Join(runs, "latest")
	for text, ok := range map[string]bool{"tiny-1\n": true, "tiny-1": true, "../elsewhere/tiny-1\n": true, "tiny-2\n": false, "": false, "..": false, ".": false, "/": false, "\x00": false} {
		writeTestFile(t, latest, []byte(text))
		w, err := Open(latest, Options{})
		switch {
		case ok && (err != nil || w.File != filepath.Join(runs, "tiny-1", CheckpointsFolder, CheckpointName(4))):
			t.Errorf("%q: %v", text, err)
		case !ok && (err == nil || !strings.Contains(err.Error(), latest+" names the run ") || !strings.Contains(err.Error(), "no such folder beside it")):
			t.Errorf("%q: %v", text, err)
		}
	}
}
