package weights

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/weights/dtype"
	"github.com/dinogpu/dinogpu/layers"
)

// The reader is this package's own: nlpodyssey/safetensors, the library for Go, wants the whole file in memory, panics
// on offsets whose sum wraps around, and merges tensors of one name.

// ReadSafetensors reads a safetensors file's tensors, in the order of their bytes, and its metadata. Values of
// F16, BF16, F64 and I64 become float32, or are an error where float32 cannot hold them. The format has no checksums:
// what is checked is that header and file agree.
func ReadSafetensors(path string) (tensors []layers.HostTensor, meta map[string]string, err error) {
	r, err := openSafetensors(path)
	if err != nil {
		return nil, nil, err
	}
	defer r.file.Close() // nothing was written
	for _, e := range r.entries {
		values, err := r.read(e)
		if err != nil {
			return nil, nil, err
		}
		tensors = append(tensors, layers.HostTensor{Name: e.name, Shape: e.shape(), Values: values})
	}
	return tensors, r.meta, nil
}

// A safetensorsReader has read a file's header, and reads values when they are asked for.
type safetensorsReader struct {
	path    string
	file    *os.File
	start   int64              // of the values in the file
	entries []safetensorsEntry // in the order of their bytes
	meta    map[string]string
	buf     []byte
}

// openSafetensors reads the header. The caller closes the file.
func openSafetensors(path string) (*safetensorsReader, error) {
	f, size, err := disk.OpenRegular(path)
	if err != nil {
		return nil, err
	}
	r := &safetensorsReader{path: path, file: f}
	if err := r.readHeader(uint64(size)); err != nil {
		f.Close() // nothing was written
		return nil, err
	}
	return r, nil
}

func (r *safetensorsReader) damaged(format string, args ...any) error {
	return fmt.Errorf("%s is %w or no safetensors file (%s): fetch or export it again", r.path, ErrDamaged, fmt.Sprintf(format, args...))
}

// shape is the entry's shape, which readHeader has found small enough.
func (e safetensorsEntry) shape() []int {
	shape := make([]int, len(e.Shape))
	for i, d := range e.Shape {
		shape[i] = int(d)
	}
	return shape
}

// read reads one tensor of any type that float32 can stand for.
func (r *safetensorsReader) read(e safetensorsEntry) ([]float32, error) {
	if e.DType == "I64" {
		return r.integers(e)
	}
	return r.values(e)
}

// values reads one tensor of floats; readHeader has held its size against the file's.
func (r *safetensorsReader) values(e safetensorsEntry) ([]float32, error) {
	width := dtype.Size(e.DType)
	if width == 0 {
		return nil, fmt.Errorf("%s holds tensor %s as %s, and dinogpu reads F32, F16, BF16 and F64: convert the file first", r.path, disk.Quote(e.name), disk.Quote(e.DType))
	}
	bytes := int64(e.Offsets[1] - e.Offsets[0])
	in := io.NewSectionReader(r.file, r.start+int64(e.Offsets[0]), bytes)
	values := make([]float32, bytes/int64(width))
	if e.DType == "F32" {
		if _, err := io.ReadFull(in, floatBytes(values)); err != nil {
			return nil, readError(r.path, err, r.damaged)
		}
		return values, nil
	}
	if r.buf == nil {
		r.buf = make([]byte, 1<<18)
	}
	for rest := values; len(rest) > 0; {
		n := min(len(rest), len(r.buf)/width)
		raw := r.buf[:n*width]
		if _, err := io.ReadFull(in, raw); err != nil {
			return nil, readError(r.path, err, r.damaged)
		}
		if err := dtype.Decode(rest[:n], e.DType, raw); err != nil {
			return nil, fmt.Errorf("%s: tensor %s %w: convert the file first", r.path, disk.Quote(e.name), err)
		}
		rest = rest[n:]
	}
	return values, nil
}

// readError tells a file that ends too early, which is damage, from a disk that fails.
func readError(path string, err error, damaged func(format string, args ...any) error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return damaged("it became shorter while it was read")
	}
	return disk.CannotRead(path, err)
}
