package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/dinogpu/dinogpu/dino/weights/dtype"
)

// MaxBytes is where messages of protobuf end, and with them an ONNX file that is one file.
const MaxBytes = math.MaxInt32

// Size is how many bytes Write writes.
func (m *Model) Size() uint64 {
	size := uint64(len(m.head()))
	for _, t := range m.Initializers {
		size += uint64(len(t.head())) + t.dataBytes()
	}
	return size
}

// Write writes the model in ONNX's format. Of one above MaxBytes, which no program would read, nothing is written.
func (m *Model) Write(w io.Writer) error {
	if m.Size() > MaxBytes {
		return fmt.Errorf("the graph has %d bytes, and an ONNX file ends at %d", m.Size(), MaxBytes)
	}
	if _, err := w.Write(m.head()); err != nil {
		return err
	}
	for _, t := range m.Initializers {
		if _, err := w.Write(t.head()); err != nil {
			return err
		}
		if err := t.writeData(w); err != nil {
			return err
		}
	}
	return nil
}

// head is all of the file but the initializers, which end the graph, and with it the file.
func (m *Model) head() []byte {
	var graph []byte
	for _, n := range m.Nodes {
		graph = appendMessage(graph, graphNode, n.message())
	}
	graph = appendString(graph, graphName, m.Name)
	for _, v := range m.Inputs {
		graph = appendMessage(graph, graphInput, v.message())
	}
	for _, v := range m.Outputs {
		graph = appendMessage(graph, graphOutput, v.message())
	}
	inGraph := uint64(len(graph))
	for _, t := range m.Initializers {
		inGraph += uint64(len(t.head())) + t.dataBytes()
	}

	b := appendVarint(nil, modelIRVersion, irVersion)
	b = appendString(b, modelProducerName, m.Producer)
	b = appendString(b, modelProducerVersion, m.Version)
	b = appendString(b, modelDocString, m.Doc)
	b = appendMessage(b, modelOpsetImport, appendVarint(nil, opsetVersion, opset))
	for _, key := range slices.Sorted(maps.Keys(m.Metadata)) {
		b = appendMessage(b, modelMetadataProps, appendString(appendString(nil, entryKey, key), entryValue, m.Metadata[key]))
	}
	b = protowire.AppendTag(b, modelGraph, protowire.BytesType)
	b = protowire.AppendVarint(b, inGraph)
	return append(b, graph...)
}

func (n Node) message() []byte {
	var b []byte
	for _, name := range n.Inputs {
		b = appendString(b, nodeInput, name)
	}
	b = appendString(b, nodeOutput, n.Output)
	b = appendString(b, nodeName, n.Output)
	b = appendString(b, nodeOpType, n.Op)
	for _, a := range n.Attributes {
		b = appendMessage(b, nodeAttribute, a.message())
	}
	return b
}

func (a Attribute) message() []byte {
	b := appendString(nil, attributeName, a.Name)
	switch v := a.Value.(type) {
	case float32:
		b = protowire.AppendFixed32(protowire.AppendTag(b, attributeFloat, protowire.Fixed32Type), math.Float32bits(v))
		return appendVarint(b, attributeType, typeOfFloat)
	case int:
		return appendVarint(appendVarint(b, attributeInt, v), attributeType, typeOfInt)
	case []int:
		for _, i := range v {
			b = appendVarint(b, attributeInts, i)
		}
		return appendVarint(b, attributeType, typeOfInts)
	}
	panic(fmt.Sprintf("onnx: attribute %s of type %T", a.Name, a.Value))
}

func (v Value) message() []byte {
	var shape []byte
	for _, d := range v.Shape {
		dim := appendString(nil, dimensionSymbol, "batch")
		if d >= 0 {
			dim = appendVarint(nil, dimensionValue, d)
		}
		shape = appendMessage(shape, shapeDim, dim)
	}
	tensor := appendMessage(appendVarint(nil, tensorElemType, dataFloat), tensorShape, shape)
	return appendMessage(appendString(nil, valueName, v.Name), valueType, appendMessage(nil, typeTensor, tensor))
}

// head is all of an initializer's field but its data, which follows.
func (t Initializer) head() []byte {
	var b []byte
	for _, d := range t.Shape {
		b = appendVarint(b, tensorDims, d)
	}
	kind := dataFloat
	switch {
	case t.Ints != nil:
		kind = dataInt64
	case t.Half:
		kind = dataFloat16
	}
	b = appendVarint(b, tensorDataType, kind)
	b = appendString(b, tensorName, t.Name)
	b = protowire.AppendTag(b, tensorRawData, protowire.BytesType)
	b = protowire.AppendVarint(b, t.dataBytes())
	field := protowire.AppendTag(nil, graphInitializer, protowire.BytesType)
	field = protowire.AppendVarint(field, uint64(len(b))+t.dataBytes())
	return append(field, b...)
}

func (t Initializer) dataBytes() uint64 {
	return uint64(len(t.Floats)*dtype.Size(t.dtype()) + 8*len(t.Ints))
}

func (t Initializer) dtype() string {
	if t.Half {
		return "F16"
	}
	return "F32"
}

// writeData writes the values, a piece at a time.
func (t Initializer) writeData(w io.Writer) error {
	if t.Ints != nil {
		return binary.Write(w, binary.LittleEndian, t.Ints)
	}
	err := dtype.Write(w, t.dtype(), t.Floats)
	var overflow *dtype.OverflowError
	if errors.As(err, &overflow) {
		return fmt.Errorf("tensor %q %w", t.Name, err)
	}
	return err
}

func appendVarint(b []byte, field protowire.Number, v int) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), uint64(v))
}

func appendString(b []byte, field protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), s)
}

func appendMessage(b []byte, field protowire.Number, message []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), message)
}
