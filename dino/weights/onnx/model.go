// Package onnx writes a vision transformer as an ONNX graph, which onnxruntime and many other programs run without
// Python or dinogpu. [ViT] makes the graph, [Model.Write] writes it. Weights are never copied as a whole: lengths are
// worked out ahead, and values go from the tensors to the file.
package onnx

// A Model is what an ONNX file holds: a graph, its weights, and words about them.
type Model struct {
	Producer, Version string            // the program that made the file
	Doc               string            // for people
	Metadata          map[string]string // for programs

	Name            string
	Nodes           []Node // each after those whose outputs it takes
	Inputs, Outputs []Value
	Initializers    []Initializer
}

// A Node is one operation on values, which are known by their names.
type Node struct {
	Op         string
	Inputs     []string
	Output     string // the node goes by this name too
	Attributes []Attribute
}

// An Attribute is a constant of a node: a float32, an int or a []int.
type Attribute struct {
	Name  string
	Value any
}

// A Value is an input or output of the graph, of type float32.
type Value struct {
	Name  string
	Shape []int // below 0: any number of images
}

// An Initializer is a constant tensor: weights, or the shapes and indices that operators take as inputs.
type Initializer struct {
	Name   string
	Shape  []int
	Floats []float32
	Half   bool    // Floats are stored as float16
	Ints   []int64 // instead of Floats
}
