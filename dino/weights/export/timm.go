package export

import (
	"path/filepath"

	"github.com/dinogpu/dinogpu/dino/weights"
)

// A timmConfig is the config.json of a folder that timm.create_model("local-dir:...") reads (timm/models/_hub.py).
type timmConfig struct {
	Architecture string         `json:"architecture"`
	NumClasses   int            `json:"num_classes"`
	NumFeatures  int            `json:"num_features"`
	GlobalPool   string         `json:"global_pool"`
	ModelArgs    timmModelArgs  `json:"model_args"`
	Pretrained   timmPretrained `json:"pretrained_cfg"`
}

// timmModelArgs are given to the architecture's function over its own sizes, so that any size can be said.
type timmModelArgs struct {
	ImageSize int `json:"img_size"`
	Patch     int `json:"patch_size"`
	Dim       int `json:"embed_dim"`
	Depth     int `json:"depth"`
	Heads     int `json:"num_heads"`
}

type timmPretrained struct {
	CustomLoad    bool       `json:"custom_load"`
	InputSize     [3]int     `json:"input_size"`
	FixedSize     bool       `json:"fixed_input_size"`
	Interpolation string     `json:"interpolation"`
	CropPct       float64    `json:"crop_pct"`
	CropMode      string     `json:"crop_mode"`
	Mean          [3]float64 `json:"mean"`
	Std           [3]float64 `json:"std"`
	NumClasses    int        `json:"num_classes"`
	PoolSize      *int       `json:"pool_size"`
	FirstConv     string     `json:"first_conv"`
	Classifier    string     `json:"classifier"`
}

// timmArchitectures are names that timm knows, by width; the first stands for every other size.
var timmArchitectures = map[int]string{192: "vit_tiny_patch16_224", 384: "vit_small_patch16_224", 768: "vit_base_patch16_224"}

func (e *exporting) timmConfig() timmConfig {
	v := e.model.ViT
	architecture, ok := timmArchitectures[v.Dim]
	if !ok {
		architecture = timmArchitectures[192]
	}
	return timmConfig{
		Architecture: architecture, NumFeatures: v.Dim, GlobalPool: "token",
		ModelArgs: timmModelArgs{v.ImageSize, v.Patch, v.Dim, v.Depth, v.Heads},
		Pretrained: timmPretrained{
			InputSize: [3]int{3, v.ImageSize, v.ImageSize}, FixedSize: true,
			// the reference's evaluations resize the short side to 256 for a square of 224
			Interpolation: "bicubic", CropPct: 0.875, CropMode: "center",
			Mean: e.model.Mean, Std: e.model.Std, FirstConv: "patch_embed.proj", Classifier: "head",
		},
	}
}

// writeTimm fills a folder for timm.
func (e *exporting) writeTimm(folder string) error {
	if err := writeJSON(filepath.Join(folder, "config.json"), e.timmConfig()); err != nil {
		return err
	}
	return weights.WriteSafetensorsAs(filepath.Join(folder, "model.safetensors"), e.kind(), e.Backbone, e.model.Metadata())
}
