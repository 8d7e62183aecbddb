package weights

import (
	"fmt"
	"maps"
	"math"
	"slices"
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

// BackboneMetadata makes a file of c's backbone one that Open understands by itself. "format" is what
// Python's readers look for.
func BackboneMetadata(c settings.Config) map[string]string {
	return map[string]string{
		"format": "pt", metaHeads: strconv.Itoa(c.Size().Heads), metaImageSize: strconv.Itoa(c.GlobalCropsSize),
		metaMean: settings.Text(c.Mean), metaStd: settings.Text(c.Std),
	}
}

// safetensorsWeights reads a backbone under the released names, with or without "module." and "backbone." ahead of
// them. What shapes do not tell comes from the metadata, else from the run's configuration, else it is ImageNet's
// normalization and heads of 64 values.
func safetensorsWeights(path string, run *settings.Config) (*Model, error) {
	tensors, meta, err := ReadSafetensors(path)
	if err != nil {
		return nil, err
	}
	named := map[string]layers.HostTensor{}
	for _, t := range tensors {
		name := t.Name
		for stripped := true; stripped; {
			var a, b bool
			name, a = strings.CutPrefix(name, "module.")
			name, b = strings.CutPrefix(name, settings.BackbonePrefix)
			stripped = a || b
		}
		if _, twice := named[name]; twice {
			return nil, fmt.Errorf("%s holds %s twice, under different prefixes: export one network into a file of its own", path, disk.Quote(name))
		}
		named[name] = t
	}
	defaults := settings.DefaultConfig()
	w := &Model{File: path, Mean: defaults.Mean, Std: defaults.Std}
	if w.ViT, err = deriveViT(named); err != nil {
		return nil, fmt.Errorf("%s %w", path, err)
	}
	if w.ViT.Dim%64 == 0 {
		w.ViT.Heads = w.ViT.Dim / 64
	}
	if run != nil {
		w.ViT.Heads, w.ViT.ImageSize, w.Mean, w.Std = run.Size().Heads, run.GlobalCropsSize, run.Mean, run.Std
	}
	side := deriveSide(named)
	if err := w.fromMetadata(meta); err != nil {
		return nil, fmt.Errorf("%s: its metadata: %w", path, err)
	}
	if w.ViT.Heads == 0 {
		return nil, fmt.Errorf("%s does not say how many attention heads its width %d is shared by, and 64 values each do not fit: name the run's folder instead, or add the metadata %s", path, w.ViT.Dim, metaHeads)
	}
	if w.ViT.Side() != side {
		return nil, fmt.Errorf("%s holds positions for %d x %d patches, and images of %d pixels have %d x %d of %d: its metadata or the run's config.yaml is another model's",
			path, side, side, w.ViT.ImageSize, w.ViT.Side(), w.ViT.Side(), w.ViT.Patch)
	}
	if err := settings.CheckBackbone(w.ViT, w.Mean, w.Std); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	n, err := matchBackbone(path, RoleTeacher, named, w.ViT)
	if err != nil {
		return nil, err
	}
	w.Networks = []Network{n}
	return w, nil
}

func (w *Model) fromMetadata(meta map[string]string) error {
	for _, m := range []struct {
		key string
		to  *int
	}{{metaHeads, &w.ViT.Heads}, {metaImageSize, &w.ViT.ImageSize}} {
		value, ok := meta[m.key]
		if !ok {
			continue
		}
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > settings.MaxWidth {
			return fmt.Errorf("%s is %s, which is no number from 1 to %d", m.key, disk.Quote(value), settings.MaxWidth)
		}
		*m.to = n
	}
	for _, m := range []struct {
		key string
		to  *settings.RGB
	}{{metaMean, &w.Mean}, {metaStd, &w.Std}} {
		if value, ok := meta[m.key]; ok {
			if err := m.to.UnmarshalText([]byte(value)); err != nil {
				return fmt.Errorf("%s: %w", m.key, err)
			}
		}
	}
	return nil
}

// deriveViT reads a backbone's size, all but its heads, off its tensors' shapes.
func deriveViT(named map[string]layers.HostTensor) (layers.ViTConfig, error) {
	shape := func(name string, rank int) ([]int, error) {
		t, ok := named[name]
		if !ok {
			return nil, fmt.Errorf("lacks the tensor %s of a DINO backbone (%s): weights under timm's or DINO's own names are read", name, holds(named))
		}
		if len(t.Shape) != rank {
			return nil, fmt.Errorf("has %s of shape %v, which is no vision transformer's", name, t.Shape)
		}
		return t.Shape, nil
	}
	class, err := shape("cls_token", 3)
	if err != nil {
		return layers.ViTConfig{}, err
	}
	if _, err := shape("pos_embed", 3); err != nil {
		return layers.ViTConfig{}, err
	}
	proj, err := shape("patch_embed.proj.weight", 4)
	if err != nil {
		return layers.ViTConfig{}, err
	}
	side := deriveSide(named)
	if side == 0 {
		return layers.ViTConfig{}, fmt.Errorf("has pos_embed of shape %v, which is no square of patches and a class token", named["pos_embed"].Shape)
	}
	depth := 0
	for name := range named {
		rest, ok := strings.CutPrefix(name, "blocks.")
		number, _, _ := strings.Cut(rest, ".")
		if i, err := strconv.Atoi(number); ok && err == nil && i >= depth && i < settings.MaxDepth {
			depth = i + 1
		}
	}
	if patch := proj[2]; patch > 0 && patch <= settings.MaxSide && side <= settings.MaxSide/patch {
		return layers.ViTConfig{ImageSize: side * patch, Patch: patch, Dim: class[2], Depth: depth}, nil
	}
	return layers.ViTConfig{}, fmt.Errorf("has patch_embed.proj.weight of shape %v and pos_embed of %v, which no image is that large for", proj, named["pos_embed"].Shape)
}

// deriveSide is the number of patches along a side of the stored positions, 0 where they are no square.
func deriveSide(named map[string]layers.HostTensor) int {
	rows := named["pos_embed"].Shape[1]
	side := int(math.Sqrt(float64(max(0, rows-1))))
	if side*side+1 != rows {
		return 0
	}
	return side
}

// matchBackbone puts the tensors into the backbone's order. What is missing, of another shape or left over is an
// error that names it.
func matchBackbone(where, role string, named map[string]layers.HostTensor, v layers.ViTConfig) (Network, error) {
	n := Network{Role: role}
	l := &layers.Params{}
	v.AddParams(l, "")
	var missing, wrong, over []string
	wanted := map[string]bool{}
	for _, p := range l.List {
		wanted[p.Name] = true
		t, ok := named[p.Name]
		switch {
		case !ok:
			missing = append(missing, p.Name)
		case !slices.Equal(t.Shape, p.Shape):
			wrong = append(wrong, fmt.Sprintf("%s %v instead of %v", p.Name, t.Shape, p.Shape))
		default:
			t.Name = p.Name
			n.Backbone = append(n.Backbone, t)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(named)) {
		switch t := named[name]; {
		case wanted[name]:
		case strings.HasPrefix(name, settings.HeadPrefix+"mlp.") || strings.HasPrefix(name, settings.HeadPrefix+"last_layer."):
			t.Name = name
			n.Head = append(n.Head, t)
		default:
			over = append(over, disk.Quote(name))
		}
	}
	var faults []string
	for _, f := range []struct {
		what  string
		names []string
	}{{"it lacks", missing}, {"of another shape are", wrong}, {"it has no place for", over}} {
		if len(f.names) > 0 {
			faults = append(faults, f.what+" "+listed(f.names))
		}
	}
	if len(faults) > 0 {
		return n, fmt.Errorf("%s is not the backbone of width %d and %d blocks that it begins as: %s", where, v.Dim, v.Depth, strings.Join(faults, "; "))
	}
	return n, nil
}

// listed names the first few and counts the rest.
func listed(names []string) string {
	const most = 4
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

func holds(named map[string]layers.HostTensor) string {
	if len(named) == 0 {
		return "it holds no tensor"
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(named)) {
		names = append(names, disk.Quote(name))
	}
	return "it holds " + listed(names)
}
