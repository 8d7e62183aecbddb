package onnx

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// What the tests read back: of each message its fields by number, in order.
type message map[protowire.Number][]field

type field struct {
	number uint64 // of a varint or fixed32
	bytes  []byte
}

func parse(t *testing.T, b []byte) message {
	t.Helper()
	m := message{}
	for len(b) > 0 {
		n, kind, used := protowire.ConsumeTag(b)
		if used < 0 {
			t.Fatal(protowire.ParseError(used))
		}
		b = b[used:]
		var f field
		switch kind {
		case protowire.VarintType:
			f.number, used = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var v uint32
			v, used = protowire.ConsumeFixed32(b)
			f.number = uint64(v)
		case protowire.BytesType:
			f.bytes, used = protowire.ConsumeBytes(b)
		default:
			t.Fatalf("field %d has wire type %d", n, kind)
		}
		if used < 0 {
			t.Fatal(protowire.ParseError(used))
		}
		m[n] = append(m[n], f)
		b = b[used:]
	}
	return m
}

func (m message) text(n protowire.Number) string {
	if len(m[n]) == 0 {
		return ""
	}
	return string(m[n][0].bytes)
}

func (m message) number(n protowire.Number) uint64 {
	if len(m[n]) == 0 {
		return 0
	}
	return m[n][0].number
}

func (m message) texts(n protowire.Number) (out []string) {
	for _, f := range m[n] {
		out = append(out, string(f.bytes))
	}
	return out
}

func (m message) numbers(n protowire.Number) (out []int) {
	for _, f := range m[n] {
		out = append(out, int(f.number))
	}
	return out
}

// parseNode is a node as the writer takes it, with its name beside.
func parseNode(t *testing.T, b []byte) (n Node, name string) {
	m := parse(t, b)
	n = Node{Op: m.text(4), Inputs: m.texts(1), Output: strings.Join(m.texts(2), " and ")}
	for _, f := range m[5] {
		a := parse(t, f.bytes)
		attribute := Attribute{Name: a.text(1)}
		switch kind := a.number(20); kind {
		case 1:
			attribute.Value = math.Float32frombits(uint32(a.number(2)))
		case 2:
			attribute.Value = int(a.number(3))
		case 7:
			attribute.Value = a.numbers(8)
		default:
			t.Fatalf("%s: attribute %s of type %d", n.Output, attribute.Name, kind)
		}
		n.Attributes = append(n.Attributes, attribute)
	}
	return n, m.text(3)
}

// parseValue is an input or output; its element type must be float32.
func parseValue(t *testing.T, b []byte) Value {
	m := parse(t, b)
	tensor := parse(t, parse(t, m[2][0].bytes)[1][0].bytes)
	if tensor.number(1) != 1 {
		t.Errorf("%s has element type %d", m.text(1), tensor.number(1))
	}
	v := Value{Name: m.text(1)}
	for _, f := range parse(t, tensor[2][0].bytes)[1] {
		dim := parse(t, f.bytes)
		if symbol := dim.text(2); symbol != "" {
			if symbol != "batch" {
				t.Errorf("%s has a dimension %q", v.Name, symbol)
			}
			v.Shape = append(v.Shape, -1)
			continue
		}
		v.Shape = append(v.Shape, int(dim.number(1)))
	}
	return v
}

// A stored tensor is an initializer as it lies in the file.
type stored struct {
	kind  int // TensorProto.DataType
	shape []int
	raw   []byte
}

func parseTensor(t *testing.T, b []byte) (name string, s stored) {
	m := parse(t, b)
	return m.text(8), stored{int(m.number(2)), m.numbers(1), m[9][0].bytes}
}

func (s stored) floats() []float32 {
	out := make([]float32, len(s.raw)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(s.raw[4*i:]))
	}
	return out
}

func (s stored) ints() []int {
	out := make([]int, len(s.raw)/8)
	for i := range out {
		out[i] = int(binary.LittleEndian.Uint64(s.raw[8*i:]))
	}
	return out
}
