package layers

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// A Param is one tensor of weights in the layout of an arena. Its declaration says all that is known about it.
type Param struct {
	Name      string // as the released state_dict has it (reference ViT and DINOHead)
	Shape     []int
	Init      Init
	Decay     bool // weight decay
	LastLayer bool // takes no step while the last layer is frozen
	Backbone  bool // takes no step while the head warms up, in student and teacher
	Frozen    bool // takes no step at all
	// StudentOnly marks a tensor that the teacher does not have, such as a predictor's: its place in the teacher's arena
	// stays as it is and is not saved.
	StudentOnly bool
	// Buffer marks a tensor that is saved with the parameters but is none, such as running statistics: it has no
	// gradient, and neither the optimizer nor the teacher's average changes it.
	Buffer bool

	Part   int // the index of the arena's tensor that holds it
	Offset int // elements from that part's start, a multiple of ref.Block
}

// Init says what a parameter holds before the first step. At most one of its numbers is set.
type Init struct {
	Constant float32 // every element; 0 where nothing is set
	Normal   float64 // the deviation of a normal distribution around 0
	FanIn    int     // uniform in +-1 / sqrt(FanIn), as PyTorch's Linear and Conv2d
}

// Len is the number of elements.
func (p Param) Len() int { return gpu.Tensor{Shape: p.Shape}.Len() }

// maxPart keeps a part of an arena within one binding of a device that has only WebGPU's default limits.
const maxPart = 128 << 20 / 4

// Params is the layout of all weights of a network: names, shapes and offsets. The same layout serves weights,
// gradients, moments and the teacher, each an Arena.
type Params struct {
	List  []Param
	Parts []int // elements of each part
}

// Add appends a tensor to the layout, which decides its Part and Offset.
func (l *Params) Add(p Param) {
	n := ceil(p.Len(), ref.Block) * ref.Block
	last := len(l.Parts) - 1
	if last < 0 || l.Parts[last]+n > maxPart {
		l.Parts = append(l.Parts, 0)
		last++
	}
	p.Part, p.Offset = last, l.Parts[last]
	l.List = append(l.List, p)
	l.Parts[last] += n
}

// addLinear appends a linear layer's weight (out, in) and bias as the reference initializes them: normal with deviation
// 0.02 (its truncation at +-2 is a hundred deviations away), and 0. Biases do not decay.
func (l *Params) addLinear(name string, out, in int) {
	l.addWeight(name, out, in)
	l.Add(Param{Name: name + ".bias", Shape: []int{out}})
}

// addWeight appends the weight alone.
func (l *Params) addWeight(name string, out, in int) {
	l.Add(Param{Name: name + ".weight", Shape: []int{out, in}, Init: Init{Normal: 0.02}, Decay: true})
}

// addNorm appends a norm's weight 1 and bias 0, neither of which decays.
func (l *Params) addNorm(name string, dim int) {
	l.Add(Param{Name: name + ".weight", Shape: []int{dim}, Init: Init{Constant: 1}})
	l.Add(Param{Name: name + ".bias", Shape: []int{dim}})
}

// Count is the number of elements, padding left out.
func (l *Params) Count() int {
	n := 0
	for _, p := range l.List {
		n += p.Len()
	}
	return n
}
