package weights

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/layers"
)

// A hubConfig is what a folder of timm or Hugging Face says of its model beside the weights.
type hubConfig struct {
	path  string // config.json
	facts facts
	timm  bool

	// of Hugging Face alone; nil where the file does not say
	width, depth, hidden, patch, channels *int
}

// configFile are the fields of a config.json that dinogpu goes by (transformers, ViTConfig; timm, save_for_hf). What is
// not there is as DINO has it.
type configFile struct {
	ModelType string   `json:"model_type"`
	Width     *int     `json:"hidden_size"`
	Depth     *int     `json:"num_hidden_layers"`
	Heads     *int     `json:"num_attention_heads"`
	Hidden    *int     `json:"intermediate_size"`
	Act       *string  `json:"hidden_act"`
	Eps       *float64 `json:"layer_norm_eps"`
	Image     *int     `json:"image_size"`
	Patch     *int     `json:"patch_size"`
	Channels  *int     `json:"num_channels"`
	QKVBias   *bool    `json:"qkv_bias"`

	Architecture string          `json:"architecture"` // timm's
	Pretrained   *timmPretrained `json:"pretrained_cfg"`
	Args         *struct {
		Heads *int      `json:"num_heads"`
		Image timmSides `json:"img_size"`
	} `json:"model_args"`
	timmPretrained // earlier files have it here
}

// timmSides are an image's height and width, or one number for both.
type timmSides []int

// UnmarshalJSON reads what timm's models take, and what its save_for_hf writes.
func (s *timmSides) UnmarshalJSON(b []byte) error {
	var one *int
	if json.Unmarshal(b, &one) != nil {
		return json.Unmarshal(b, (*[]int)(s))
	}
	if one != nil {
		*s = timmSides{*one, *one}
	}
	return nil
}

type timmPretrained struct {
	Input []int     `json:"input_size"` // channels, height, width
	Mean  []float64 `json:"mean"`
	Std   []float64 `json:"std"`
}

// preprocessorFile is Hugging Face's preprocessor_config.json.
type preprocessorFile struct {
	Mean      []float64 `json:"image_mean"`
	Std       []float64 `json:"image_std"`
	Normalize *bool     `json:"do_normalize"`
}

// readHubConfig reads what lies beside weights in dir; nil where there is no config.json.
func readHubConfig(dir string, notice func(error)) (*hubConfig, error) {
	c := &hubConfig{path: filepath.Join(dir, "config.json")}
	if !exists(c.path) {
		return nil, nil
	}
	var f configFile
	if err := readJSON(c.path, &f); err != nil {
		return nil, err
	}
	if f.ModelType == "" && f.Architecture != "" {
		c.timm = true
		if err := c.fromTimm(f); err != nil {
			return nil, err
		}
		return c, nil
	}
	if err := c.fromHuggingFace(f); err != nil {
		return nil, err
	}
	pre := filepath.Join(dir, "preprocessor_config.json")
	if !exists(pre) {
		notice(fmt.Errorf("%s has no preprocessor_config.json beside it: images are normalized with ImageNet's mean and standard deviation", c.path))
		return c, nil
	}
	var p preprocessorFile
	if err := readJSON(pre, &p); err != nil {
		return nil, err
	}
	if p.Normalize != nil && !*p.Normalize {
		c.facts.mean, c.facts.std = &settings.RGB{}, &settings.RGB{1, 1, 1}
		return c, nil
	}
	if err := c.normalization(pre, p.Mean, p.Std); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *hubConfig) fromHuggingFace(f configFile) error {
	switch {
	case f.ModelType != "" && f.ModelType != "vit":
		return fmt.Errorf("%s says that this is a model of type %s, and dinogpu reads Hugging Face's vit", c.path, disk.Quote(f.ModelType))
	case f.Act != nil && *f.Act != "gelu":
		return fmt.Errorf("%s has the activation (hidden_act) %s, and dinogpu computes the exact gelu alone", c.path, disk.Quote(*f.Act))
	// The weights of DINO were made with 1e-6, and the folders of facebook/dino-* say 1e-12: both are far below the
	// variance of what a norm sees.
	case f.Eps != nil && *f.Eps != 1e-6 && *f.Eps != 1e-12:
		return fmt.Errorf("%s has norms with layer_norm_eps %g, and dinogpu computes with 1e-6", c.path, *f.Eps)
	case f.QKVBias != nil && !*f.QKVBias:
		return fmt.Errorf("%s has qkv_bias false, and dinogpu's attention has a bias", c.path)
	}
	c.width, c.depth, c.hidden, c.patch, c.channels = f.Width, f.Depth, f.Hidden, f.Patch, f.Channels
	return c.sizes(f.Heads, f.Image)
}

func (c *hubConfig) fromTimm(f configFile) error {
	pretrained := f.timmPretrained
	if f.Pretrained != nil {
		pretrained = *f.Pretrained
	}
	image := (*int)(nil)
	if in := pretrained.Input; in != nil {
		if len(in) != 3 || in[0] != 3 || in[1] != in[2] {
			return fmt.Errorf("%s has input_size %v, and dinogpu takes three channels and as many rows as columns", c.path, in)
		}
		image = &in[1]
	}
	heads := (*int)(nil)
	if f.Args != nil {
		heads = f.Args.Heads
		if sides := f.Args.Image; sides != nil {
			if len(sides) != 2 || sides[0] != sides[1] {
				return fmt.Errorf("%s has img_size %v, and dinogpu takes as many rows as columns", c.path, sides)
			}
			image = &sides[0]
		}
	}
	if err := c.sizes(heads, image); err != nil {
		return err
	}
	return c.normalization(c.path, pretrained.Mean, pretrained.Std)
}

func (c *hubConfig) sizes(heads, image *int) error {
	for _, x := range []struct {
		what string
		from *int
		to   *int
	}{{"heads", heads, &c.facts.heads}, {"pixels of an image", image, &c.facts.imageSize}} {
		if x.from == nil {
			continue
		}
		if *x.from < 1 || *x.from > settings.MaxWidth {
			return fmt.Errorf("%s says %d %s: that is another program's file", c.path, *x.from, x.what)
		}
		*x.to = *x.from
	}
	return nil
}

// normalization takes mean and std, where the file says them.
func (c *hubConfig) normalization(path string, mean, std []float64) error {
	for _, x := range []struct {
		what string
		from []float64
		to   **settings.RGB
	}{{"mean", mean, &c.facts.mean}, {"std", std, &c.facts.std}} {
		switch len(x.from) {
		case 0:
		case 3:
			*x.to = new(settings.RGB)
			copy((*x.to)[:], x.from)
		default:
			return fmt.Errorf("%s has a %s of %d channels, and dinogpu's images have 3", path, x.what, len(x.from))
		}
	}
	return nil
}

// check holds what config.json says against the size that the tensors have.
func (c *hubConfig) check(v layers.ViTConfig) error {
	for _, x := range []struct {
		key  string
		says *int
		has  int
	}{
		{"hidden_size", c.width, v.Dim},
		{"num_hidden_layers", c.depth, v.Depth},
		{"intermediate_size", c.hidden, layers.MLPRatio * v.Dim},
		{"patch_size", c.patch, v.Patch},
		{"num_channels", c.channels, 3},
	} {
		if x.says != nil && *x.says != x.has {
			return fmt.Errorf("%s says %s %d where the weights beside it need %d: it is another model's", c.path, x.key, *x.says, x.has)
		}
	}
	return nil
}

// readJSON decodes a small file.
func readJSON(path string, to any) error {
	const most = 1 << 20
	text, size, err := firstBytes(path, most)
	if err != nil {
		return err
	}
	if size > most {
		return fmt.Errorf("%s has %d bytes, more than such a file ever has: fetch it again", path, size)
	}
	if err := json.Unmarshal(text, to); err != nil {
		return fmt.Errorf("%s is damaged or says something else than dinogpu expects there (%w): fetch it again", path, err)
	}
	return nil
}
