package weights

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/weights/dtype"
	"github.com/dinogpu/dinogpu/layers"
)

// The reader is this package's own: nlpodyssey/safetensors, the library for Go, wants the whole file in memory, panics
// on offsets whose sum wraps around, and merges tensors of one name.

// ReadSafetensors reads a safetensors file's tensors, in the order of their bytes, and its metadata. Values of
// F16, BF16 and F64 become float32. The format has no checksums: what is checked is that header and file agree.
func ReadSafetensors(path string) (tensors []layers.HostTensor, meta map[string]string, err error) {
	f, size, err := disk.OpenRegular(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close() // nothing was written
	r := &safetensorsReader{path: path, in: bufio.NewReaderSize(f, 1<<16)}
	entries, err := r.header(uint64(size))
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		values, err := r.values(e)
		if err != nil {
			return nil, nil, err
		}
		shape := make([]int, len(e.Shape))
		for i, d := range e.Shape {
			shape[i] = int(d)
		}
		tensors = append(tensors, layers.HostTensor{Name: e.name, Shape: shape, Values: values})
	}
	return tensors, r.meta, nil
}

type safetensorsReader struct {
	path string
	in   io.Reader
	meta map[string]string
	buf  []byte
}

// A safetensorsEntry is what the header says of one tensor.
type safetensorsEntry struct {
	name string

	DType   string   `json:"dtype"`
	Shape   []uint64 `json:"shape"`
	Offsets []uint64 `json:"data_offsets"`
}

func (r *safetensorsReader) damaged(format string, args ...any) error {
	return fmt.Errorf("%s is %w or no safetensors file (%s): fetch or export it again", r.path, ErrDamaged, fmt.Sprintf(format, args...))
}

// header reads the tensors' list and holds every number in it against the file's size, so that the numbers may
// be believed afterwards.
func (r *safetensorsReader) header(size uint64) ([]safetensorsEntry, error) {
	var length [8]byte
	if size < 8 {
		return nil, r.damaged("it has only %d bytes", size)
	}
	if _, err := io.ReadFull(r.in, length[:]); err != nil {
		return nil, readError(r.path, err, r.damaged)
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > maxSafetensorsHeader || n > size-8 {
		return nil, r.damaged("its header would have %d bytes, the file has %d", n, size)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r.in, text); err != nil {
		return nil, readError(r.path, err, r.damaged)
	}
	entries, err := r.parse(text)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(entries, func(a, b safetensorsEntry) int { return slices.Compare(a.Offsets, b.Offsets) })
	at, data := uint64(0), size-8-n
	for _, e := range entries {
		begin, end := e.Offsets[0], e.Offsets[1]
		if begin != at || end < begin || end > data {
			return nil, r.damaged("tensor %s lies at bytes %d to %d where it should start at %d and end by %d", disk.Quote(e.name), begin, end, at, data)
		}
		if count, ok := elements(e.Shape); !ok || count*uint64(dtype.Size(e.DType)) != end-begin {
			return nil, r.damaged("tensor %s has %d bytes, which its shape and type %s do not give", disk.Quote(e.name), end-begin, e.DType)
		}
		at = end
	}
	if at != data {
		return nil, r.damaged("its tensors have %d bytes, the file holds %d", at, data)
	}
	return entries, nil
}

// parse goes through the header by tokens: a decoded map would hide that a name comes twice.
func (r *safetensorsReader) parse(text []byte) ([]safetensorsEntry, error) {
	broken := r.damaged("its header is not what the format asks for")
	if !utf8.Valid(text) {
		return nil, broken
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, broken
	}
	var entries []safetensorsEntry
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		if err != nil || !ok {
			return nil, broken
		}
		if seen[name] {
			return nil, r.damaged("its header names %s twice", disk.Quote(name))
		}
		seen[name] = true
		if name == "__metadata__" {
			if d.Decode(&r.meta) != nil {
				return nil, broken
			}
			continue
		}
		e := safetensorsEntry{name: name}
		if d.Decode(&e) != nil || e.Shape == nil || len(e.Offsets) != 2 {
			return nil, r.damaged("its header's entry for tensor %s is not what the format asks for", disk.Quote(name))
		}
		if dtype.Size(e.DType) == 0 {
			return nil, fmt.Errorf("%s holds tensor %s as %s, and dinogpu reads F32, F16, BF16 and F64: convert the file first", r.path, disk.Quote(name), disk.Quote(e.DType))
		}
		entries = append(entries, e)
	}
	if _, err := d.Token(); err != nil {
		return nil, broken
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, broken
	}
	return entries, nil
}

// values reads one tensor; header has held its size against the file's.
func (r *safetensorsReader) values(e safetensorsEntry) ([]float32, error) {
	width := dtype.Size(e.DType)
	values := make([]float32, (e.Offsets[1]-e.Offsets[0])/uint64(width))
	if e.DType == "F32" {
		if _, err := io.ReadFull(r.in, floatBytes(values)); err != nil {
			return nil, readError(r.path, err, r.damaged)
		}
		return values, nil
	}
	if r.buf == nil {
		r.buf = make([]byte, 1<<16)
	}
	for rest := values; len(rest) > 0; {
		n := min(len(rest), len(r.buf)/width)
		raw := r.buf[:n*width]
		if _, err := io.ReadFull(r.in, raw); err != nil {
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
