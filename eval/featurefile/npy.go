package featurefile

import (
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// The header is this package's own: sbinet/npyio writes an array that is whole in memory, and here rows come one by one.

// npyHeader begins a .npy file of float32 in C order, format version 1.0: magic, version, the length of what follows, and a
// Python dictionary, padded with blanks to a multiple of 64 and ended by a line break.
func npyHeader(shape ...int) []byte {
	dims := make([]string, len(shape))
	for i, n := range shape {
		dims[i] = strconv.Itoa(n)
	}
	tuple := strings.Join(dims, ", ")
	if len(shape) == 1 {
		tuple += ","
	}
	const before = 6 + 2 + 2
	text := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }", tuple)
	text += strings.Repeat(" ", 63-(before+len(text))%64) + "\n"
	out := append([]byte("\x93NUMPY\x01\x00"), 0, 0)
	binary.LittleEndian.PutUint16(out[8:], uint16(len(text)))
	return append(out, text...)
}

// An array is a .npy file of one of a row's values.
type array struct {
	values func(Row) []float32
	each   int
	to     *floats
}

func featuresOf(r Row) []float32 { return r.Features }
func patchesOf(r Row) []float32  { return r.Patches }

// newArray begins the array (shape) of what values gives of each row.
func newArray(f io.WriterAt, values func(Row) []float32, shape ...int) *array {
	a := &array{values: values, each: 1, to: newFloats(f, 0)}
	for _, n := range shape[1:] {
		a.each *= n
	}
	a.to.bytes(npyHeader(shape...))
	return a
}

func (a *array) add(_ int, r Row) error {
	if r.Err != nil {
		a.to.nans(a.each)
	} else {
		a.to.floats(a.values(r))
	}
	return a.to.err()
}

func (a *array) finish() error { return a.to.finish() }
