package dino

import (
	"errors"
	"fmt"
	"io"
	"math"
	"unicode/utf8"
	"unsafe"

	"github.com/nlpodyssey/safetensors"

	"github.com/dinogpu/dinogpu/dino/disk"

	"github.com/dinogpu/dinogpu/layers"
)

// ErrDamaged is in the chain of every error about a file whose bytes are not those that were written.
var ErrDamaged = errors.New("damaged")

// maxSafetensorsHeader is the format's own limit.
const maxSafetensorsHeader = 100_000_000

// WriteSafetensors writes tensors as float32 in the safetensors format, sorted by name as Python's library does.
// The file appears under its name when it is whole and on the disk. No copy of the values is made.
func WriteSafetensors(path string, tensors []layers.HostTensor, meta map[string]string) error {
	if err := checkTensors(tensors); err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	// An upper bound of the header: a byte takes at most six in JSON, a number at most 20 digits and a comma.
	header := 0
	views := make(map[string]safetensorsView, len(tensors))
	for _, t := range tensors {
		if t.Name == "__metadata__" {
			return fmt.Errorf("%s cannot be written: the format keeps the name __metadata__ for itself", path)
		}
		views[t.Name] = safetensorsView{t}
		header += 200 + 6*len(t.Name) + 21*len(t.Shape)
	}
	for k, v := range meta {
		if !utf8.ValidString(k) || !utf8.ValidString(v) {
			return fmt.Errorf("%s cannot be written: its metadata %q is not UTF-8 text", path, k)
		}
		header += 20 + 6*len(k) + 6*len(v)
	}
	if header > maxSafetensorsHeader {
		return fmt.Errorf("%s cannot be written: names and metadata pass the format's limit of 100 MB", path)
	}
	return disk.WriteFile(path, func(w io.Writer) error {
		return safetensors.SerializeToWriter(views, meta, w)
	})
}

// safetensorsView lends a tensor's memory to the library.
type safetensorsView struct{ t layers.HostTensor }

func (v safetensorsView) DType() safetensors.DType { return safetensors.F32 }
func (v safetensorsView) Data() []byte             { return floatBytes(v.t.Values) }
func (v safetensorsView) DataLen() uint64          { return 4 * uint64(len(v.t.Values)) }

// Shape is never nil: the library would write null for a scalar.
func (v safetensorsView) Shape() []uint64 {
	shape := make([]uint64, len(v.t.Shape))
	for i, d := range v.t.Shape {
		shape[i] = uint64(d)
	}
	return shape
}

// checkTensors refuses what no file can hold; such a set is a programmer's mistake.
func checkTensors(tensors []layers.HostTensor) error {
	seen := make(map[string]bool, len(tensors))
	for _, t := range tensors {
		switch {
		case t.Name == "" || !utf8.ValidString(t.Name):
			return fmt.Errorf("a tensor's name %q is empty or not UTF-8 text", t.Name)
		case seen[t.Name]:
			return fmt.Errorf("two tensors are named %q", t.Name)
		}
		seen[t.Name] = true
		dims := make([]uint64, len(t.Shape))
		for i, d := range t.Shape {
			dims[i] = uint64(d) // a negative one becomes too large
		}
		if n, ok := elements(dims); !ok || n != uint64(len(t.Values)) {
			return fmt.Errorf("tensor %q of shape %v has %d values", t.Name, t.Shape, len(t.Values))
		}
	}
	return nil
}

// elements is the product of a shape that a file claims; ok is false where it or a dimension is beyond any memory.
func elements(shape []uint64) (n uint64, ok bool) {
	const most = math.MaxInt / 16 // so that sizes in bytes, and sums of a few, stay in range
	n = 1
	for _, d := range shape {
		if d > most || d != 0 && n > most/d {
			return 0, false
		}
		n *= d
	}
	return n, true
}

// floatBytes sees values as the bytes of a file. It shares memory. Every platform that the binding runs on is
// little endian, as both file formats are.
func floatBytes(values []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), 4*len(values))
}
