package weights

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/layers"
)

// Metadata of teacher.safetensors: what the tensors' shapes do not tell. Values are text, as the format wants.
const (
	metaHeads     = "dinogpu.heads"
	metaImageSize = "dinogpu.image_size"
	metaMean      = "dinogpu.mean"
	metaStd       = "dinogpu.std"
)

// BackboneMetadata is the metadata of a file of c's backbone. "format" is what Python's readers look for.
func BackboneMetadata(c settings.Config) map[string]string {
	return (&Model{ViT: c.ViT(), Mean: c.Mean, Std: c.Std}).Metadata()
}

// facts are what the tensors of a backbone do not tell; what is zero was not said.
type facts struct {
	heads, imageSize int
	mean, std        *settings.RGB
}

// add takes what other facts say over these.
func (f *facts) add(other facts) {
	if other.heads != 0 {
		f.heads = other.heads
	}
	if other.imageSize != 0 {
		f.imageSize = other.imageSize
	}
	if other.mean != nil {
		f.mean = other.mean
	}
	if other.std != nil {
		f.std = other.std
	}
}

// factsOf are those of a run's settings.
func factsOf(c settings.Config) facts {
	return facts{heads: c.Size().Heads, imageSize: c.GlobalCropsSize, mean: &c.Mean, std: &c.Std}
}

// metaFacts are those of a file's metadata.
func metaFacts(meta map[string]string) (facts, error) {
	var f facts
	for _, m := range []struct {
		key string
		to  *int
	}{{metaHeads, &f.heads}, {metaImageSize, &f.imageSize}} {
		value, ok := meta[m.key]
		if !ok {
			continue
		}
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > settings.MaxWidth {
			return f, fmt.Errorf("%s is %s, which is no number from 1 to %d", m.key, disk.Quote(value), settings.MaxWidth)
		}
		*m.to = n
	}
	for _, m := range []struct {
		key string
		to  **settings.RGB
	}{{metaMean, &f.mean}, {metaStd, &f.std}} {
		if value, ok := meta[m.key]; ok {
			*m.to = new(settings.RGB)
			if err := (*m.to).UnmarshalText([]byte(value)); err != nil {
				return f, fmt.Errorf("%s: %w", m.key, err)
			}
		}
	}
	return f, nil
}

// sizeOf reads a backbone's size off its tensors' shapes and the facts beside them. What it says of a file follows the
// file's name. partial lets all be missing but the patches' projection.
func sizeOf(n namedNetwork, f facts, partial bool) (layers.ViTConfig, error) {
	shapes := map[string][]int{}
	for _, p := range n.parts {
		shapes[p.of] = p.shape
	}
	for _, x := range []struct {
		name string
		rank int
	}{{"cls_token", 3}, {"pos_embed", 3}, {"patch_embed.proj.weight", 4}} {
		shape, ok := shapes[x.name]
		if partial && x.rank < 4 {
			continue
		}
		if !ok {
			return layers.ViTConfig{}, fmt.Errorf("lacks the tensor %s of a DINO backbone (%s): weights under the names of DINO, timm or Hugging Face's ViT are read", x.name, holds(n.parts))
		}
		if len(shape) != x.rank {
			return layers.ViTConfig{}, fmt.Errorf("has %s of shape %v, which is no vision transformer's", x.name, shape)
		}
	}
	proj := shapes["patch_embed.proj.weight"]
	v := layers.ViTConfig{Patch: proj[2], Dim: proj[0], Depth: depthOf(n.parts), Heads: f.heads, ImageSize: f.imageSize}
	if v.Patch < 1 || v.Patch > settings.MaxSide || v.Dim < 1 || v.Dim > settings.MaxWidth {
		return v, fmt.Errorf("has patch_embed.proj.weight of shape %v, which no image is that large for", proj)
	}
	side := sideOf(shapes["pos_embed"])
	switch {
	case side == 0 && !partial:
		return v, fmt.Errorf("has pos_embed of shape %v, which is no square of patches and a class token", shapes["pos_embed"])
	case side == 0 && f.imageSize == 0:
		return v, errors.New("has no positions of a square of patches, and nothing beside it says how large its images are: add the metadata " + metaImageSize)
	case side > settings.MaxSide/v.Patch:
		return v, fmt.Errorf("has patch_embed.proj.weight of shape %v and pos_embed of %v, which no image is that large for", proj, shapes["pos_embed"])
	case f.imageSize == 0:
		v.ImageSize = side * v.Patch
	case side > 0 && v.Side() != side:
		return v, fmt.Errorf("holds positions for %d x %d patches, and images of %d pixels have %d x %d of %d: its metadata, or the config.yaml or config.json beside it, is another model's",
			side, side, v.ImageSize, v.Side(), v.Side(), v.Patch)
	}
	if v.Heads == 0 && v.Dim%usualHead != 0 {
		return v, fmt.Errorf("does not say how many attention heads its width %d is shared by, and %d values each do not fit: name the run's folder instead, or add the metadata %s", v.Dim, usualHead, metaHeads)
	}
	if v.Heads == 0 {
		v.Heads = v.Dim / usualHead
	}
	return v, nil
}

// usualHead is the width of an attention head in all released DINO ViTs, and in timm's and Hugging Face's of these sizes.
const usualHead = 64

// depthOf is the number of blocks that the names go up to.
func depthOf(parts []part) int {
	depth := 0
	for _, p := range parts {
		rest, ok := strings.CutPrefix(p.of, "blocks.")
		number, _, _ := strings.Cut(rest, ".")
		if i, err := strconv.Atoi(number); ok && err == nil && i >= depth && i < settings.MaxDepth {
			depth = i + 1
		}
	}
	return depth
}

// sideOf is the number of patches along a side of the stored positions (1, 1 + side x side, D), 0 where they are no square.
func sideOf(positions []int) int {
	if len(positions) != 3 {
		return 0
	}
	rows := positions[1]
	side := int(math.Sqrt(float64(max(0, rows-1))))
	if side*side+1 != rows {
		return 0
	}
	return side
}

func holds(parts []part) string {
	if len(parts) == 0 {
		return "it holds no tensor"
	}
	var names []string
	for _, p := range parts {
		names = append(names, disk.Quote(p.name))
	}
	return "it holds " + listed(names)
}
