package onnx

import (
	"fmt"
	"math"

	"github.com/dinogpu/dinogpu/layers"
)

// A builder adds nodes and constants to a model. The first tensor that is asked for and not there is kept as err.
type builder struct {
	Model
	half    bool // weights are stored as float16
	tensors map[string]layers.HostTensor
	known   map[string]bool // constants that were added
	err     error
}

func newBuilder(tensors []layers.HostTensor, half bool) *builder {
	b := &builder{half: half, tensors: map[string]layers.HostTensor{}, known: map[string]bool{}}
	for _, t := range tensors {
		b.tensors[t.Name] = t
	}
	return b
}

// node adds an operation and returns its output's name.
func (b *builder) node(op, output string, inputs []string, attributes ...Attribute) string {
	b.Nodes = append(b.Nodes, Node{Op: op, Inputs: inputs, Output: output, Attributes: attributes})
	return output
}

// tensor is one of the weights, which goes into the file under its own name.
func (b *builder) tensor(name string) string {
	t, ok := b.tensors[name]
	if !ok && b.err == nil {
		b.err = fmt.Errorf("the tensor %s is missing", name)
	}
	return b.weight(t)
}

// weight adds a tensor in the file's type; the graph computes in float32.
func (b *builder) weight(t layers.HostTensor) string {
	b.Initializers = append(b.Initializers, Initializer{Name: t.Name, Shape: t.Shape, Floats: t.Values, Half: b.half})
	if !b.half {
		return t.Name
	}
	return b.node("Cast", t.Name+".float32", []string{t.Name}, Attribute{"to", dataFloat})
}

// ints is a constant list of whole numbers, and index a single one.
func (b *builder) ints(values ...int) string {
	return b.constant(fmt.Sprint("list", values), []int{len(values)}, values)
}

func (b *builder) index(i int) string { return b.constant(fmt.Sprint("index", i), nil, []int{i}) }

func (b *builder) constant(name string, shape, values []int) string {
	if !b.known[name] {
		wide := make([]int64, len(values))
		for i, v := range values {
			wide[i] = int64(v)
		}
		b.Initializers = append(b.Initializers, Initializer{Name: name, Shape: shape, Ints: wide})
		b.known[name] = true
	}
	return name
}

// number is a constant that computations take, always in float32.
func (b *builder) number(v float32) string {
	name := fmt.Sprint("number ", v)
	if !b.known[name] {
		b.Initializers = append(b.Initializers, Initializer{Name: name, Floats: []float32{v}})
		b.known[name] = true
	}
	return name
}

func (b *builder) reshape(output, x string, shape ...int) string {
	return b.node("Reshape", output, []string{x, b.ints(shape...)})
}

// linear is x W^T + bias for rows x, with the weight as PyTorch stores it.
func (b *builder) linear(output, x, name string) string {
	return b.node("Gemm", output, []string{x, b.tensor(name + ".weight"), b.tensor(name + ".bias")}, Attribute{"transB", 1})
}

func (b *builder) norm(output, x, name string) string {
	return b.node("LayerNormalization", output, []string{x, b.tensor(name + ".weight"), b.tensor(name + ".bias")},
		Attribute{"axis", -1}, Attribute{"epsilon", float32(1e-6)})
}

// gelu is the exact form: x/2 * (1 + erf(x / sqrt 2)).
func (b *builder) gelu(name, x string) string {
	scaled := b.node("Mul", name+"/scaled", []string{x, b.number(1 / math.Sqrt2)})
	erf := b.node("Erf", name+"/erf", []string{scaled})
	sum := b.node("Add", name+"/sum", []string{erf, b.number(1)})
	half := b.node("Mul", name+"/half", []string{x, b.number(0.5)})
	return b.node("Mul", name, []string{half, sum})
}
