package weights

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// TeacherFile is the teacher's backbone in a run's folder.
const TeacherFile = "teacher.safetensors"

// The networks of a run.
const (
	RoleTeacher = "teacher"
	RoleStudent = "student"
)

// Model are the trained networks that a run's folder or a file holds.
type Model struct {
	File      string           // the file that was read
	ViT       layers.ViTConfig // the backbones' size; ImageSize is what the positions were learned for
	Mean, Std settings.RGB     // what images are normalized with
	Networks  []Network        // the teacher first
	Center    []float32        // of the logits; nil where the file has none
}

// A Network is one set of weights, in the order and under the names of the released state_dict.
type Network struct {
	Role     string              // RoleTeacher or RoleStudent
	Backbone []layers.HostTensor // all of it: cls_token, pos_embed, ...
	Head     []layers.HostTensor // head.mlp.0.weight, ...; empty where the file has the backbone alone
}

// Options say how Open reads.
type Options struct {
	Notice func(error) // told of what was passed over, such as damaged checkpoints; may be nil
}

// Open reads trained weights from a run's folder (its newest whole checkpoint, else its teacher.safetensors),
// a .dino checkpoint, or a safetensors file under the released names, whose teacher is then the only network. Every
// tensor of the backbone must be there in its shape, and nothing else but a head.
func Open(path string, o Options) (*Model, error) {
	if o.Notice == nil {
		o.Notice = func(error) {}
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, disk.CannotRead(path, err)
	}
	if info.IsDir() {
		return openRunWeights(path, o)
	}
	head, err := firstBytes(path, len(checkpointMagic))
	if err != nil {
		return nil, err
	}
	ext := strings.ToLower(filepath.Ext(path))
	switch {
	case bytes.Equal(head, []byte(checkpointMagic)) || ext == ".dino":
		h, tensors, err := ReadCheckpoint(path)
		if err != nil {
			return nil, err
		}
		return checkpointWeights(path, h, tensors)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")) || ext == ".pth" || ext == ".pt":
		return nil, fmt.Errorf("%s is a PyTorch file, which dinogpu does not read: save its state_dict with safetensors.torch.save_file and name that file", path)
	}
	return safetensorsWeights(path, nil)
}

// Network gives the network of that role.
func (w *Model) Network(role string) (Network, error) {
	for _, n := range w.Networks {
		if n.Role == role {
			return n, nil
		}
	}
	return Network{}, fmt.Errorf("%s holds no %s: only a run's checkpoints hold both networks", w.File, role)
}

// Upload puts a network's backbone on d as an arena for NewBackbone, which the caller releases.
func (w *Model) Upload(d *gpu.Device, role string) (*layers.Arena, error) {
	n, err := w.Network(role)
	if err != nil {
		return nil, err
	}
	l := &layers.Params{}
	w.ViT.AddParams(l, settings.BackbonePrefix)
	a := l.NewArena(role)
	tensors := slices.Clone(n.Backbone)
	for i := range tensors {
		tensors[i].Name = settings.BackbonePrefix + tensors[i].Name
	}
	if err := a.Write(d, tensors); err != nil {
		a.Release()
		return nil, err
	}
	return a, nil
}

func openRunWeights(dir string, o Options) (*Model, error) {
	paths, err := Checkpoints(dir)
	if err != nil {
		return nil, err
	}
	teacher := filepath.Join(dir, TeacherFile)
	_, missing := os.Stat(teacher)
	if len(paths) > 0 {
		h, tensors, err := NewestCheckpoint(dir, o.Notice)
		if err == nil {
			return checkpointWeights(filepath.Join(dir, CheckpointsFolder, CheckpointName(h.Step)), h, tensors)
		}
		if missing != nil || !errors.Is(err, errNoWholeCheckpoint) {
			return nil, err
		}
	}
	if missing != nil {
		return nil, fmt.Errorf("%s is no run's folder with weights: it has neither checkpoints nor %s; name a run's folder, a .dino or a .safetensors file", dir, TeacherFile)
	}
	settings, err := settings.Load(filepath.Join(dir, settings.FileName))
	if err != nil {
		return nil, err
	}
	return safetensorsWeights(teacher, &settings.Config)
}

// checkpointWeights takes both networks out of a checkpoint, whose header says what they are.
func checkpointWeights(path string, h Header, tensors []layers.HostTensor) (*Model, error) {
	s, err := settings.Parse([]byte(h.Config))
	if err != nil {
		return nil, fmt.Errorf("checkpoint %s: its settings: %w", path, err)
	}
	if err := s.Config.Validate(); err != nil {
		return nil, fmt.Errorf("checkpoint %s: its settings: %w", path, err)
	}
	w := &Model{File: path, ViT: s.Config.ViT(), Mean: s.Config.Mean, Std: s.Config.Std}
	for _, t := range tensors {
		if t.Name == "center" {
			w.Center = t.Values
		}
	}
	for _, role := range []string{RoleTeacher, RoleStudent} {
		named := map[string]layers.HostTensor{}
		for _, t := range tensors {
			if name, ok := strings.CutPrefix(t.Name, role+"."); ok {
				named[strings.TrimPrefix(name, settings.BackbonePrefix)] = t
			}
		}
		n, err := matchBackbone(path+", "+role, role, named, w.ViT)
		if err != nil {
			return nil, err
		}
		w.Networks = append(w.Networks, n)
	}
	return w, nil
}

// firstBytes are up to n bytes of a regular file's start.
func firstBytes(path string, n int) ([]byte, error) {
	f, _, err := disk.OpenRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // nothing was written
	head, err := io.ReadAll(io.LimitReader(f, int64(n)))
	if err != nil {
		return nil, disk.CannotRead(path, err)
	}
	return head, nil
}
