// Package export writes a trained network for other programs: under the names of the released weights, in the files of
// timm and Hugging Face's transformers, and as an ONNX graph. Begin with [Write].
package export

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/layers"
)

// The formats.
const (
	DINO = "dino" // a state_dict under the released names: .safetensors or .pth
	Timm = "timm" // the same names; a folder if the path ends otherwise
	HF   = "hf"   // a folder for transformers' ViTModel
	ONNX = "onnx" // a graph: .onnx
)

// Options say what is written.
type Options struct {
	Format    string
	Role      string // which network: weights.RoleTeacher or weights.RoleStudent
	WithHead  bool   // the projection head too, for DINO and ONNX
	Half      bool   // values as float16
	ImageSize int    // interpolate the positions to images of so many pixels; 0: as they are
	Program   string // the version of the program that exports
}

// Check refuses what no weights could be exported as: it looks at the path's ending and at nothing on the disk.
func Check(path string, o Options) error {
	ending, file := strings.ToLower(filepath.Ext(path)), stateFile(path)
	known := file || ending == ".onnx" || ending == ".dino" || ending == ".pt" || ending == ".bin"
	switch {
	case o.Format == DINO && !file:
		return fmt.Errorf("%s does not say which kind of file it is to be: dino is written as .safetensors or .pth", path)
	case o.Format == Timm && known && !file:
		return fmt.Errorf("%s is no file of timm's: name a .safetensors or .pth file, or a folder", path)
	case o.Format == HF && known:
		return fmt.Errorf("%s looks like a file, and hf is a folder of several: name it without %s", path, filepath.Ext(path))
	case o.Format == ONNX && ending != ".onnx":
		return fmt.Errorf("%s does not end in .onnx, by which programs know such files", path)
	case o.WithHead && o.Format == Timm:
		return errors.New("timm's models have no place for the projection head: leave it out, or export as dino or onnx")
	case o.WithHead && o.Format == HF:
		return errors.New("transformers' ViTModel has no place for the projection head: leave it out, or export as dino or onnx")
	}
	return nil
}

// stateFile tells the files that hold a state_dict by their ending.
func stateFile(path string) bool {
	ending := strings.ToLower(filepath.Ext(path))
	return ending == ".safetensors" || ending == ".pth"
}

// Write exports one of the model's networks to path, a file or a folder that is whole or absent. An earlier file is
// replaced; a folder has to be empty or absent. Values are written as they are unless the positions are interpolated,
// Half rounds them, or ONNX folds the head's last layer.
func Write(m *weights.Model, path string, o Options) error {
	if err := Check(path, o); err != nil {
		return err
	}
	e, err := prepare(m, o)
	if err != nil {
		return err
	}
	switch {
	case o.Format == HF:
		return disk.WriteFolder(path, e.writeHF)
	case o.Format == ONNX:
		return e.writeONNX(path)
	case o.Format == Timm && !stateFile(path):
		return disk.WriteFolder(path, e.writeTimm)
	}
	return e.writeState(path)
}

// An exporting is a network as it is to be written.
type exporting struct {
	weights.Network
	model   weights.Model // its ViT fits the images that were asked for
	options Options
}

// prepare finds the network, interpolates its positions and looks at its values.
func prepare(m *weights.Model, o Options) (*exporting, error) {
	n, err := m.Network(o.Role)
	if err != nil {
		return nil, err
	}
	e := &exporting{Network: n, model: *m, options: o}
	switch {
	case !o.WithHead:
		e.Head = nil
	case len(e.Head) == 0:
		return nil, fmt.Errorf("%s holds no projection head, only the backbone: export without it, or name a run's checkpoint", m.File)
	}
	if o.ImageSize != 0 {
		if err := e.resize(o.ImageSize); err != nil {
			return nil, err
		}
	}
	all := slices.Concat(e.Backbone, e.Head)
	if err := layers.CheckFinite(all...); err != nil {
		return nil, fmt.Errorf("%s: %w: weights like that give no features, so export an earlier checkpoint", m.File, err)
	}
	if err := weights.CheckFits(all, e.kind()); err != nil {
		return nil, fmt.Errorf("%s: %w: export as float32", m.File, err)
	}
	return e, nil
}

// kind is the values' type by safetensors' name.
func (e *exporting) kind() string {
	if e.options.Half {
		return "F16"
	}
	return "F32"
}

// resize interpolates the positions to images of size x size pixels, as the reference does at each step.
func (e *exporting) resize(size int) error {
	v := &e.model.ViT
	if size%v.Patch != 0 || size < v.Patch {
		return fmt.Errorf("images of %d pixels are no whole number of patches of %d: take a multiple of %d, like %d", size, v.Patch, v.Patch, max(1, (size+v.Patch/2)/v.Patch)*v.Patch)
	}
	resized := *v
	resized.ImageSize = size
	if err := settings.CheckBackbone(resized, e.model.Mean, e.model.Std); err != nil {
		return err
	}
	e.Backbone = slices.Clone(e.Backbone)
	for i, t := range e.Backbone {
		if t.Name != "pos_embed" {
			continue
		}
		values, err := v.ResizePositions(t.Values, resized.Side(), resized.Side())
		if err != nil {
			return err
		}
		e.Backbone[i] = layers.HostTensor{Name: t.Name, Shape: []int{1, len(values) / v.Dim, v.Dim}, Values: values}
	}
	*v = resized
	return nil
}
