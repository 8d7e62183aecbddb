package weights

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/weights/dtype"
	"github.com/dinogpu/dinogpu/dino/weights/torchfile"
	"github.com/dinogpu/dinogpu/layers"
)

// ErrDamaged is in the chain of every error about a file whose bytes are not those that were written.
var ErrDamaged = torchfile.ErrDamaged

// maxSafetensorsHeader is the format's own limit.
const maxSafetensorsHeader = 100_000_000

// WriteSafetensors writes tensors as float32, counts of batches as int64, in the safetensors format, sorted by name as
// Python's library does.
// The file appears under its name when it is whole and on the disk. No copy of the values is made.
func WriteSafetensors(path string, tensors []layers.HostTensor, meta map[string]string) error {
	return WriteSafetensorsAs(path, "F32", tensors, meta)
}

// WriteSafetensorsAs is WriteSafetensors in another of dtype's types. A finite value that it cannot hold is a
// [dtype.OverflowError] that names its tensor, and nothing is written.
func WriteSafetensorsAs(path, kind string, tensors []layers.HostTensor, meta map[string]string) error {
	if err := checkTensors(tensors); err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	if err := CheckFits(tensors, kind); err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	sorted := slices.SortedFunc(slices.Values(tensors), func(a, b layers.HostTensor) int { return strings.Compare(a.Name, b.Name) })
	header, err := safetensorsHeader(sorted, kind, meta)
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	return disk.WriteFile(path, func(w io.Writer) error {
		if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))); err != nil {
			return err
		}
		if _, err := w.Write(header); err != nil {
			return err
		}
		for _, t := range sorted {
			if err := writeValues(w, kind, t); err != nil {
				return err
			}
		}
		return nil
	})
}

// writeValues writes a tensor's values as a type; float32 needs no copy.
func writeValues(w io.Writer, kind string, t layers.HostTensor) error {
	switch {
	case t.Counts():
		_, err := w.Write(dtype.Integers(t.Values))
		return err
	case kind == "F32":
		_, err := w.Write(floatBytes(t.Values))
		return err
	}
	return dtype.Write(w, kind, t.Values)
}

// CheckFits returns a [dtype.OverflowError] that names the first tensor with a finite value that the type cannot hold.
func CheckFits(tensors []layers.HostTensor, kind string) error {
	if kind == "F32" || kind == "F64" {
		return nil
	}
	for _, t := range tensors {
		if t.Counts() {
			continue
		}
		if err := dtype.Write(io.Discard, kind, t.Values); err != nil {
			return fmt.Errorf("tensor %s %w", disk.Quote(t.Name), err)
		}
	}
	return nil
}

// safetensorsHeader is the JSON that says where each of the sorted tensors lies, padded to 8 bytes with spaces.
func safetensorsHeader(sorted []layers.HostTensor, kind string, meta map[string]string) ([]byte, error) {
	entries := make(map[string]any, len(sorted)+1) // whose names come out sorted
	for k, v := range meta {
		if !utf8.ValidString(k) || !utf8.ValidString(v) {
			return nil, fmt.Errorf("its metadata %q is not UTF-8 text", k)
		}
		entries["__metadata__"] = meta
	}
	at := uint64(0)
	for _, t := range sorted {
		if t.Name == "__metadata__" {
			return nil, errors.New("the format keeps the name __metadata__ for itself")
		}
		e := safetensorsEntry{DType: kind, Shape: make([]uint64, len(t.Shape)), Offsets: []uint64{at, at + uint64(dtype.Size(kind)*len(t.Values))}}
		if t.Counts() {
			e.DType, e.Offsets[1] = "I64", at+8
		}
		for i, d := range t.Shape {
			e.Shape[i] = uint64(d)
		}
		entries[t.Name], at = e, e.Offsets[1]
	}
	header, err := json.Marshal(entries)
	if err != nil {
		return nil, err
	}
	for len(header)%8 != 0 {
		header = append(header, ' ')
	}
	if len(header) > maxSafetensorsHeader {
		return nil, errors.New("names and metadata pass the format's limit of 100 MB")
	}
	return header, nil
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
