// Package dtype turns the bytes of tensors in files into float32, in which dinogpu computes, and back. Types go by the
// names that safetensors gives them: F64, F32, F16 (IEEE half) and BF16 (the upper half of a float32). Bytes are little
// endian, as they are in every file format here. Decode and Encode are where to begin.
package dtype

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Size is the bytes of one element, 0 for a type that is not among the four.
func Size(dtype string) int {
	switch dtype {
	case "F64":
		return 8
	case "F32":
		return 4
	case "F16", "BF16":
		return 2
	}
	return 0
}

// An OverflowError says that a finite value is too large for the type it should become. Index counts elements from the
// first that the call was given. Its words follow a tensor's name: "tensor x" + " has the value ...".
type OverflowError struct {
	Index int
	Value float64
	DType string // that cannot hold it
}

// Error names the value and the type.
func (e *OverflowError) Error() string {
	return fmt.Sprintf("has the value %g, which %s cannot hold", e.Value, map[string]string{
		"F32": "float32", "F16": "float16", "BF16": "bfloat16",
	}[e.DType])
}

// Decode fills values from the first len(values) elements of raw, which has to have as many. Float64 is rounded to the
// nearest float32; a finite one beyond it is an [OverflowError]. A type that Size does not know panics.
func Decode(values []float32, dtype string, raw []byte) error {
	switch dtype {
	case "F32":
		for i := range values {
			values[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
	case "F16":
		for i := range values {
			values[i] = FromHalf(binary.LittleEndian.Uint16(raw[2*i:]))
		}
	case "BF16":
		for i := range values {
			values[i] = FromBFloat16(binary.LittleEndian.Uint16(raw[2*i:]))
		}
	case "F64":
		for i := range values {
			v := math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))
			values[i] = float32(v)
			if math.IsInf(float64(values[i]), 0) && !math.IsInf(v, 0) {
				return &OverflowError{Index: i, Value: v, DType: "F32"}
			}
		}
	default:
		panic("dtype: Decode of type " + dtype)
	}
	return nil
}

// Encode is Decode's inverse: it fills the first len(values) elements of raw. What the type cannot hold is rounded to
// the nearest, ties to even; a finite value that would become infinite is an [OverflowError].
func Encode(raw []byte, dtype string, values []float32) error {
	for i, v := range values {
		overflow := false
		switch dtype {
		case "F32":
			binary.LittleEndian.PutUint32(raw[4*i:], math.Float32bits(v))
		case "F64":
			binary.LittleEndian.PutUint64(raw[8*i:], math.Float64bits(float64(v)))
		case "F16":
			var h uint16
			h, overflow = ToHalf(v)
			binary.LittleEndian.PutUint16(raw[2*i:], h)
		case "BF16":
			var b uint16
			b, overflow = ToBFloat16(v)
			binary.LittleEndian.PutUint16(raw[2*i:], b)
		default:
			panic("dtype: Encode to type " + dtype)
		}
		if overflow {
			return &OverflowError{Index: i, Value: float64(v), DType: dtype}
		}
	}
	return nil
}
