package featurefile

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
)

// mostHeader is the format's own limit.
const mostHeader = 100_000_000

// tensors are a .safetensors file: labels (N) as I64, -1 for none; features (N, Dim) as F32; and patches (N, H, W, Dim), or
// where grids differ patches.<row> (H, W, Dim) of each image that has features. The header stands before the values and
// is known last, so room is kept for the longest that it can be, and blanks fill it, as the format allows.
type tensors struct {
	table Table
	f     io.WriterAt
	room  int

	labels, features, patches *floats
	own                       strings.Builder // the header's entries of single images' patches
}

func newTensors(f io.WriterAt, t Table) *tensors {
	s := &tensors{table: t, f: f, room: t.headerBytes()}
	at := func(offset int64) int64 { return 8 + int64(s.room) + offset }
	s.labels = newFloats(f, at(0))
	s.features = newFloats(f, at(t.featuresAt()))
	s.patches = newFloats(f, at(t.patchesAt()))
	return s
}

func (t Table) featuresAt() int64 { return 8 * int64(t.Rows) }
func (t Table) patchesAt() int64  { return t.featuresAt() + 4*int64(t.Rows)*int64(t.Dim) }

// own tells whether each image's patches are a tensor of their own.
func (t Table) own() bool { return t.Patches && t.Grid == [2]int{} }

func (s *tensors) add(i int, r Row) error {
	s.labels.int64(int64(r.Label))
	begin := s.patches.written
	switch t := s.table; {
	case r.Err == nil:
		s.features.floats(r.Features)
		if t.Patches {
			s.patches.floats(r.Patches)
		}
	default:
		s.features.nans(t.Dim)
		if t.Patches {
			s.patches.nans(t.Grid[0] * t.Grid[1] * t.Dim) // of own grids, none
		}
	}
	if s.table.own() && r.Err == nil {
		at := s.table.patchesAt()
		s.own.WriteString(s.table.ownEntry(i, r.Grid, at+begin, at+s.patches.written))
	}
	for _, w := range []*floats{s.labels, s.features, s.patches} {
		if w.err() != nil {
			return w.err()
		}
	}
	return nil
}

// finish writes the header, in front of all.
func (s *tensors) finish() error {
	for _, w := range []*floats{s.labels, s.features, s.patches} {
		if err := w.finish(); err != nil {
			return err
		}
	}
	header := binary.LittleEndian.AppendUint64(nil, uint64(s.room))
	header = append(header, s.table.header()...)
	header = append(append(header, s.own.String()...), '}')
	for len(header) < 8+s.room {
		header = append(header, ' ')
	}
	if len(header) != 8+s.room {
		return fmt.Errorf("a .safetensors header of %d bytes has room for %d", len(header), s.room)
	}
	_, err := s.f.WriteAt(header, 0)
	return err
}

// header is the list of tensors but for its end and the images' own.
func (t Table) header() string {
	var b strings.Builder
	notes := map[string]string{}
	for k, v := range t.Notes {
		notes[text(k)] = text(v)
	}
	b.WriteString(`{"__metadata__":{`)
	for i, k := range slices.Sorted(maps.Keys(notes)) {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(quoted(k) + ":" + quoted(notes[k]))
	}
	b.WriteByte('}')
	b.WriteString(entry("labels", "I64", 0, t.featuresAt(), t.Rows))
	b.WriteString(entry("features", "F32", t.featuresAt(), t.patchesAt(), t.Rows, t.Dim))
	if t.Patches && !t.own() {
		h, w := t.Grid[0], t.Grid[1]
		size := 4 * int64(t.Rows) * int64(h) * int64(w) * int64(t.Dim)
		b.WriteString(entry("patches", "F32", t.patchesAt(), t.patchesAt()+size, t.Rows, h, w, t.Dim))
	}
	return b.String()
}

func (t Table) ownEntry(i int, grid [2]int, begin, end int64) string {
	return entry(fmt.Sprintf("patches.%d", i), "F32", begin, end, grid[0], grid[1], t.Dim)
}

// headerBytes is the most that the header can take, a multiple of 8.
func (t Table) headerBytes() int {
	n := len(t.header()) + 1
	if t.own() {
		const side, far = 99999, math.MaxInt64 / 100 // more patches, and bytes, than there can be
		n += t.Rows * len(t.ownEntry(t.Rows, [2]int{side, side}, far, far))
	}
	return (n + 7) / 8 * 8
}

// entry is one tensor's in the header, behind another.
func entry(name, dtype string, begin, end int64, shape ...int) string {
	dims, _ := json.Marshal(shape)
	return fmt.Sprintf(`,%s:{"dtype":"%s","shape":%s,"data_offsets":[%d,%d]}`, quoted(name), dtype, dims, begin, end)
}

func quoted(s string) string {
	text, _ := json.Marshal(s) // a string always can be
	return string(text)
}
