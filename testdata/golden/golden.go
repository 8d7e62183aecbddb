// Package golden hands tests the numbers that make.py made with PyTorch, torchvision and Pillow: README.md says which
// file holds what. It is for tests alone; begin with Open.
//
// Its reader shares nothing with the product's, so that each can be held beside the other, and it is strict: a file
// with one byte out of place fails the test.
package golden

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"
)

// A File is one safetensors file as a test sees it: whatever it lacks, or holds in another type, fails the test.
type File struct {
	t       testing.TB
	name    string
	meta    map[string]string
	tensors map[string]tensor
}

// A tensor is one entry of the header, with its bytes.
type tensor struct {
	DType   string `json:"dtype"`
	Shape   []int  `json:"shape"`
	Offsets [2]int `json:"data_offsets"`
	data    []byte
}

// widths are the bytes per element of the types that golden files hold.
var widths = map[string]int{"F64": 8, "F32": 4, "I64": 8, "U8": 1}

// Path is where a file of this folder lies; name may lead out of it, as "../formats/rgb.png" does.
func Path(t testing.TB, name string) string {
	t.Helper()
	_, here, _, ok := runtime.Caller(0)
	if !ok || !filepath.IsAbs(here) {
		t.Fatalf("testdata/golden is not to be found: run the tests without -trimpath")
	}
	return filepath.Join(filepath.Dir(here), filepath.FromSlash(name))
}

// Open reads the file at Path(name).
func Open(t testing.TB, name string) *File {
	t.Helper()
	data, err := os.ReadFile(Path(t, name))
	if err != nil {
		t.Fatalf("golden file %s cannot be read: %v", name, err)
	}
	f, err := parse(data)
	if err != nil {
		t.Fatalf("golden file %s is damaged: %v; fetch it again or make it with testdata/golden/make.py", name, err)
	}
	f.t, f.name = t, name
	return f
}

// parse checks that the header accounts for every byte of data once.
func parse(data []byte) (*File, error) {
	if len(data) < 8 {
		return nil, fmt.Errorf("it has only %d bytes", len(data))
	}
	n := binary.LittleEndian.Uint64(data)
	if n > uint64(len(data)-8) {
		return nil, fmt.Errorf("its header would have %d bytes", n)
	}
	header, data := data[8:8+n], data[8+n:]
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(header, &entries); err != nil {
		return nil, fmt.Errorf("its header: %w", err)
	}
	f := &File{tensors: map[string]tensor{}}
	for name, entry := range entries {
		if name == "__metadata__" {
			if err := json.Unmarshal(entry, &f.meta); err != nil {
				return nil, fmt.Errorf("its metadata: %w", err)
			}
			continue
		}
		var x tensor
		if err := json.Unmarshal(entry, &x); err != nil {
			return nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		size, begin, end := widths[x.DType], x.Offsets[0], x.Offsets[1]
		if size == 0 || x.Shape == nil {
			return nil, fmt.Errorf("tensor %q has type %q and shape %v", name, x.DType, x.Shape)
		}
		for _, d := range x.Shape {
			if d < 0 || d > len(data) || size > len(data) {
				return nil, fmt.Errorf("tensor %q has shape %v, which the file cannot hold", name, x.Shape)
			}
			size *= d
		}
		if begin < 0 || end < begin || end > len(data) || end-begin != size {
			return nil, fmt.Errorf("tensor %q, %s of shape %v, lies at bytes %d to %d of %d", name, x.DType, x.Shape, begin, end, len(data))
		}
		x.data = data[begin:end:end]
		f.tensors[name] = x
	}
	at := 0
	byOffset := func(a, b tensor) int { return slices.Compare(a.Offsets[:], b.Offsets[:]) }
	for _, x := range slices.SortedFunc(maps.Values(f.tensors), byOffset) {
		if x.Offsets[0] != at {
			return nil, fmt.Errorf("a tensor begins at byte %d where one ends at %d", x.Offsets[0], at)
		}
		at = x.Offsets[1]
	}
	if at != len(data) {
		return nil, fmt.Errorf("its tensors end at byte %d of %d", at, len(data))
	}
	return f, nil
}

// tensor is a tensor that the test counts on.
func (f *File) tensor(name string, dtype string) tensor {
	f.t.Helper()
	x, ok := f.tensors[name]
	if !ok {
		f.t.Fatalf("golden file %s holds no tensor %q", f.name, name)
	}
	if dtype != "" && x.DType != dtype {
		f.t.Fatalf("golden file %s holds %q as %s, the test reads %s", f.name, name, x.DType, dtype)
	}
	return x
}

// Names lists the tensors in alphabetical order.
func (f *File) Names() []string { return slices.Sorted(maps.Keys(f.tensors)) }

// Has tells whether there is such a tensor.
func (f *File) Has(name string) bool { _, ok := f.tensors[name]; return ok }

// Type is a tensor's type as the file names it: F32, F64, I64 or U8.
func (f *File) Type(name string) string {
	f.t.Helper()
	return f.tensor(name, "").DType
}

// Shape is a tensor's shape, rows last.
func (f *File) Shape(name string) []int {
	f.t.Helper()
	return slices.Clone(f.tensor(name, "").Shape)
}

// Float32s gives the values of an F32 tensor.
func (f *File) Float32s(name string) []float32 {
	f.t.Helper()
	data := f.tensor(name, "F32").data
	v := make([]float32, len(data)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return v
}

// Float64s gives the values of an F64 tensor.
func (f *File) Float64s(name string) []float64 {
	f.t.Helper()
	data := f.tensor(name, "F64").data
	v := make([]float64, len(data)/8)
	for i := range v {
		v[i] = math.Float64frombits(binary.LittleEndian.Uint64(data[8*i:]))
	}
	return v
}

// Ints gives the values of an I64 tensor.
func (f *File) Ints(name string) []int {
	f.t.Helper()
	data := f.tensor(name, "I64").data
	v := make([]int, len(data)/8)
	for i := range v {
		v[i] = int(binary.LittleEndian.Uint64(data[8*i:]))
	}
	return v
}

// Bytes gives the values of a U8 tensor; the caller may change them.
func (f *File) Bytes(name string) []byte {
	f.t.Helper()
	return slices.Clone(f.tensor(name, "U8").data)
}

// Metadata gives the settings that the file was made with, as text.
func (f *File) Metadata() map[string]string { return maps.Clone(f.meta) }

// Setting is one of the settings; there has to be one of that name.
func (f *File) Setting(key string) string {
	f.t.Helper()
	text, ok := f.meta[key]
	if !ok {
		f.t.Fatalf("golden file %s has no setting %q", f.name, key)
	}
	return text
}

// Int is a setting that is a whole number.
func (f *File) Int(key string) int {
	f.t.Helper()
	v, err := strconv.Atoi(f.Setting(key))
	if err != nil {
		f.t.Fatalf("golden file %s: setting %s: %v", f.name, key, err)
	}
	return v
}

// Float is a setting that is a number.
func (f *File) Float(key string) float64 {
	f.t.Helper()
	v, err := strconv.ParseFloat(f.Setting(key), 64)
	if err != nil {
		f.t.Fatalf("golden file %s: setting %s: %v", f.name, key, err)
	}
	return v
}
