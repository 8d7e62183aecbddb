package gpu

import "fmt"

// A Tensor is a name and a shape of 4-byte elements (float32, or uint32 bit patterns). It has no arithmetic.
// Its memory comes when a program that uses it is built.
type Tensor struct {
	Name  string
	Shape []int

	mem    *memory
	offset int // of the first element in mem
}

// memory is the block of elements that a tensor and its slices point into.
type memory struct {
	name     string
	elements int
	kept     bool // lives until Release; otherwise it is a program's scratch
	buffer   *buffer
}

// NewTensor names a tensor whose memory lasts until Release, and which several programs may share:
// weights, moments, inputs, results.
func NewTensor(name string, shape ...int) Tensor {
	t := Tensor{Name: name, Shape: shape}
	t.mem = &memory{name: name, elements: t.Len(), kept: true}
	return t
}

// Len is the number of elements.
func (t Tensor) Len() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// Rows is the product of all but the last dimension.
func (t Tensor) Rows() int { return t.Len() / max(1, t.Cols()) }

// Cols is the last dimension.
func (t Tensor) Cols() int {
	if len(t.Shape) == 0 {
		return 1
	}
	return t.Shape[len(t.Shape)-1]
}

// IsZero tells whether t names nothing.
func (t Tensor) IsZero() bool { return t.mem == nil }

// Slice names a part of t, from element offset on. A slice that is bound to a kernel has to start at a
// multiple of Align elements.
func (t Tensor) Slice(name string, offset int, shape ...int) Tensor {
	s := Tensor{Name: name, Shape: shape, mem: t.mem, offset: t.offset + offset}
	if offset < 0 || s.offset+s.Len() > t.offset+t.Len() {
		panic(fmt.Sprintf("gpu: slice %s %v at %d passes the end of %s %v", name, shape, offset, t.Name, t.Shape))
	}
	return s
}

// Reshape names the same elements with another shape.
func (t Tensor) Reshape(shape ...int) Tensor {
	s := Tensor{Name: t.Name, Shape: shape, mem: t.mem, offset: t.offset}
	if s.Len() != t.Len() {
		panic(fmt.Sprintf("gpu: %s %v cannot be seen as %v", t.Name, t.Shape, shape))
	}
	return s
}

// Release gives the memory of kept tensors back.
func Release(tensors ...Tensor) {
	for _, t := range tensors {
		if t.mem != nil && t.mem.buffer != nil {
			t.mem.buffer.release()
			t.mem.buffer = nil
		}
	}
}

// Align is the alignment, in elements, at which slices of a tensor can be bound: 256 bytes, the largest
// that WebGPU asks for.
const Align = 64

// bytes is the size of t's binding: whole vec4s, so that kernels may read it as such.
func (t Tensor) bytes() int { return roundUp(4*t.Len(), 16) }

func roundUp(n, to int) int { return (n + to - 1) / to * to }
