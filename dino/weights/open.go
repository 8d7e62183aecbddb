package weights

import (
	"fmt"
	"slices"
	"strings"

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
	// RoleUntrained is what Untrained draws; no file holds one.
	RoleUntrained = "untrained"
)

// Model are the trained networks that a run's folder or a file holds.
type Model struct {
	File      string           // the file that was read
	Format    string           // what it is, in words: "DINO checkpoint (.pth), teacher and student"
	ViT       layers.ViTConfig // the backbones' size; ImageSize is what the positions were learned for
	Mean, Std settings.RGB     // what images are normalized with
	Networks  []Network        // the teacher first
	Center    []float32        // the loss's center, a value per prototype; nil where the file has none
}

// A Network is one set of weights, in the order and under the names of the released state_dict.
type Network struct {
	Role     string              // RoleTeacher or RoleStudent
	Backbone []layers.HostTensor // all of it: cls_token, pos_embed, ...
	Head     []layers.HostTensor // head.mlp.0.weight, ...; empty where the file has the backbone alone
}

// Options say how Open reads.
type Options struct {
	// Notice is told of what was passed over, such as damaged checkpoints, and of what Partial did; it may be nil.
	Notice func(error)
	// Partial takes what fits where not all of a file does. What is missing or of another shape starts as in a fresh
	// network of seed 0, what is left over is not read. At least the patches' projection has to be there, and no more may
	// be fresh than the file is large.
	Partial bool
}

// Open reads trained weights from whatever holds them: a run's folder (its newest whole checkpoint, else its
// teacher.safetensors) or a file like runs/latest that names one beside it; a .dino checkpoint; a .pth of PyTorch or a
// .safetensors file under the names of the released DINO code, timm or Hugging Face's ViT; a folder of those two with
// model.safetensors or pytorch_model.bin, whose config.json says what tensors do not. A file with one network gives it
// as the teacher. Every tensor of the backbone must be there in its shape, and nothing else but a head.
func Open(path string, o Options) (*Model, error) {
	if o.Notice == nil {
		o.Notice = func(error) {}
	}
	l, err := locate(path, o.Notice)
	if err != nil {
		return nil, err
	}
	defer l.close()
	p, err := l.plan(o.Partial)
	if err != nil {
		return nil, err
	}
	return p.read(o.Notice)
}

// Network gives the network of that role.
func (w *Model) Network(role string) (Network, error) {
	for _, n := range w.Networks {
		if n.Role == role {
			return n, nil
		}
	}
	if len(w.Networks) == 1 && w.Networks[0].Role == RoleStudent {
		return Network{}, fmt.Errorf("%s holds no %s, only a student: ask for that with `checkpoint_key`", w.File, role)
	}
	return Network{}, fmt.Errorf("%s holds no %s: only checkpoints of a training hold both networks", w.File, role)
}

// Untrained is a network of the model's size with fresh weights, drawn by seed as a run begins with.
func (w *Model) Untrained(seed uint64) Network {
	l := &layers.Params{}
	w.ViT.AddParams(l, settings.BackbonePrefix) // the names are a part of what is drawn
	n := Network{Role: RoleUntrained, Backbone: l.Fresh(seed)}
	for i := range n.Backbone {
		n.Backbone[i].Name = strings.TrimPrefix(n.Backbone[i].Name, settings.BackbonePrefix)
	}
	return n
}

// Upload puts the backbone of the network of that role on d as an arena for NewBackbone, which the caller releases.
func (w *Model) Upload(d *gpu.Device, role string) (*layers.Arena, error) {
	n, err := w.Network(role)
	if err != nil {
		return nil, err
	}
	return w.UploadNetwork(d, n)
}

// UploadNetwork does the same for a network in hand, of the model's size.
func (w *Model) UploadNetwork(d *gpu.Device, n Network) (*layers.Arena, error) {
	l := &layers.Params{}
	w.ViT.AddParams(l, settings.BackbonePrefix)
	a := l.NewArena(n.Role)
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
