package layers

import (
	"math"
	"unsafe"

	"github.com/dinogpu/dinogpu/gpu"
)

// Scalars are the numbers of a step that the host computes and the kernels read, in the order
// of shaders/shared/scalars.wgsl. Rates are 1 minus a momentum, computed in float64: near the end of a run
// the teacher's momentum is so close to 1 that float32 would lose the difference.
type Scalars struct {
	LearningRate float32
	WeightDecay  float32
	TeacherRate  float32 // 1 - momentum of the teacher
	CenterRate   float32 // 1 - momentum of the center
	TeacherTemp  float32
	StudentTemp  float32
	BatchShare   float32 // 1 / the batches whose gradients a step adds up
	Clip         float32 // of each tensor's gradient norm; 0: off
	LastLayer    float32 // 1: the last layer is trained, 0: it is frozen
	Backbone     float32 // 1: the backbone is trained, 0: only the head is

	// AdamW
	FirstRate                float32 // 1 - beta1
	SecondRate               float32 // 1 - beta2
	Epsilon                  float32
	FirstCorrection          float32 // 1 / (1 - beta1^step)
	SecondCorrection         float32 // 1 / sqrt(1 - beta2^step)
	BackboneFirstCorrection  float32 // the same for the backbone, whose steps count from the end of the head's warm-up
	BackboneSecondCorrection float32
	LastFirstCorrection      float32 // the same for the last layer, whose steps count from the end of its freeze
	LastSecondCorrection     float32

	QueueFills float32 // 1: SwAV's queue takes the step's outputs in
	QueueUsed  float32 // 1: it is full, and takes part in the targets
}

const scalarCount = int(unsafe.Sizeof(Scalars{}) / 4)

// NewScalars names the kept tensor that holds the Scalars.
func NewScalars() gpu.Tensor { return gpu.NewTensor("scalars", scalarCount) }

// Values are the scalars in the order of the tensor.
func (s Scalars) Values() []float32 {
	return append([]float32(nil), (*[scalarCount]float32)(unsafe.Pointer(&s))[:]...)
}

// scalarsOf reads the tensor back, for the twins.
func scalarsOf(v []float32) Scalars { return *(*Scalars)(unsafe.Pointer((*[scalarCount]float32)(v))) }

// PartSteps are the optimizer steps, from 1, that the parts of a model have taken once a step is done; 0 says that a part
// is still frozen.
type PartSteps struct {
	Head      int // all but the last layer; never frozen
	Backbone  int
	LastLayer int
}

// Train says which parts are trained, and sets AdamW's numbers for their steps.
func (s *Scalars) Train(beta1, beta2, epsilon float64, steps PartSteps) {
	s.FirstRate, s.SecondRate, s.Epsilon = float32(1-beta1), float32(1-beta2), float32(epsilon)
	s.FirstCorrection, s.SecondCorrection = corrections(beta1, beta2, steps.Head)
	s.BackboneFirstCorrection, s.BackboneSecondCorrection = corrections(beta1, beta2, max(steps.Backbone, 1))
	s.LastFirstCorrection, s.LastSecondCorrection = corrections(beta1, beta2, max(steps.LastLayer, 1))
	s.Backbone, s.LastLayer = float32(min(steps.Backbone, 1)), float32(min(steps.LastLayer, 1))
}

func corrections(beta1, beta2 float64, step int) (first, second float32) {
	n := float64(step)
	return float32(1 / (1 - math.Pow(beta1, n))), float32(1 / math.Sqrt(1-math.Pow(beta2, n)))
}
