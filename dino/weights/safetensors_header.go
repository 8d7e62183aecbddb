package weights

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// safetensorsBytes are the element sizes of the format's types. Values are read of those that package dtype knows; the
// rest may be listed.
var safetensorsBytes = map[string]uint64{
	"BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1, "U16": 2, "I16": 2, "F16": 2, "BF16": 2,
	"U32": 4, "I32": 4, "F32": 4, "U64": 8, "I64": 8, "F64": 8,
}

// A safetensorsEntry is what the header says of one tensor.
type safetensorsEntry struct {
	name string

	DType   string   `json:"dtype"`
	Shape   []uint64 `json:"shape"`
	Offsets []uint64 `json:"data_offsets"`
}

// readHeader reads the tensors' list and holds every number in it against the file's size, so that the numbers may
// be believed afterwards.
func (r *safetensorsReader) readHeader(size uint64) error {
	var length [8]byte
	if size < 8 {
		return r.damaged("it has only %d bytes", size)
	}
	if _, err := io.ReadFull(r.file, length[:]); err != nil {
		return readError(r.path, err, r.damaged)
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > maxSafetensorsHeader || n > size-8 {
		return r.damaged("its header would have %d bytes, the file has %d", n, size)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r.file, text); err != nil {
		return readError(r.path, err, r.damaged)
	}
	if err := r.parse(text); err != nil {
		return err
	}
	slices.SortStableFunc(r.entries, func(a, b safetensorsEntry) int { return slices.Compare(a.Offsets, b.Offsets) })
	at, data := uint64(0), size-8-n
	for _, e := range r.entries {
		begin, end := e.Offsets[0], e.Offsets[1]
		if begin != at || end < begin || end > data {
			return r.damaged("tensor %s lies at bytes %d to %d where it should start at %d and end by %d", disk.Quote(e.name), begin, end, at, data)
		}
		if count, ok := elements(e.Shape); !ok || count*safetensorsBytes[e.DType] != end-begin {
			return r.damaged("tensor %s has %d bytes, which its shape and type %s do not give", disk.Quote(e.name), end-begin, e.DType)
		}
		at = end
	}
	if at != data {
		return r.damaged("its tensors have %d bytes, the file holds %d", at, data)
	}
	r.start = int64(8 + n)
	return nil
}

// parse goes through the header by tokens: a decoded map would hide that a name comes twice.
func (r *safetensorsReader) parse(text []byte) error {
	broken := r.damaged("its header is not what the format asks for")
	if !utf8.Valid(text) {
		return broken
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return broken
	}
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		if err != nil || !ok {
			return broken
		}
		if seen[name] {
			return r.damaged("its header names %s twice", disk.Quote(name))
		}
		seen[name] = true
		if name == "__metadata__" {
			if d.Decode(&r.meta) != nil {
				return broken
			}
			continue
		}
		e := safetensorsEntry{name: name}
		if d.Decode(&e) != nil || e.Shape == nil || len(e.Offsets) != 2 {
			return r.damaged("its header's entry for tensor %s is not what the format asks for", disk.Quote(name))
		}
		if safetensorsBytes[e.DType] == 0 {
			return fmt.Errorf("%s holds tensor %s as %s, which dinogpu does not know: convert it to F32", r.path, disk.Quote(name), disk.Quote(e.DType))
		}
		r.entries = append(r.entries, e)
	}
	if _, err := d.Token(); err != nil {
		return broken
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return broken
	}
	return nil
}
