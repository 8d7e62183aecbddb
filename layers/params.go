package layers

import "github.com/dinogpu/dinogpu/gpu"

// A Param is one tensor of weights in the layout of an arena.
type Param struct {
	Name   string // as the released state_dict has it (reference ViT and DINOHead)
	Shape  []int
	Part   int // of the arena's tensors, the one that holds it
	Offset int // elements from that part's start, a multiple of ParamAlign
}

// Len is the number of elements.
func (p Param) Len() int { return gpu.Tensor{Shape: p.Shape}.Len() }

// ParamAlign is the alignment of parameters in an arena, in elements: blocks of that size belong to one tensor.
const ParamAlign = 256

// maxPart keeps a part of an arena within one binding of a device that has only WebGPU's default limits.
const maxPart = 128 << 20 / 4

// Params is the layout of all weights of a network: names, shapes and offsets. The same layout serves weights,
// gradients, moments and the teacher, each an Arena.
type Params struct {
	List  []Param
	Parts []int // elements of each part
}

// Add appends a tensor to the layout.
func (l *Params) Add(name string, shape ...int) {
	n := ceil(gpu.Tensor{Shape: shape}.Len(), ParamAlign) * ParamAlign
	last := len(l.Parts) - 1
	if last < 0 || l.Parts[last]+n > maxPart {
		l.Parts = append(l.Parts, 0)
		last++
	}
	l.List = append(l.List, Param{Name: name, Shape: shape, Part: last, Offset: l.Parts[last]})
	l.Parts[last] += n
}

// Count is the number of parameters, padding left out.
func (l *Params) Count() int {
	n := 0
	for _, p := range l.List {
		n += p.Len()
	}
	return n
}
