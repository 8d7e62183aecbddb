package featurefile

import (
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func float32s(data []byte) []float32 {
	v := make([]float32, len(data)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return v
}

var npyDictionary = regexp.MustCompile(`^\{'descr': '<f4', 'fortran_order': False, 'shape': \(([0-9, ]+)\), \} *\n$`)

// readNPY reads a file as numpy.lib.format tells of version 1.0.
func readNPY(t *testing.T, data []byte) (shape []int, values []float32) {
	t.Helper()
	if len(data) < 10 || string(data[:8]) != "\x93NUMPY\x01\x00" {
		t.Fatalf("it begins with %q", data[:min(10, len(data))])
	}
	end := 10 + int(binary.LittleEndian.Uint16(data[8:]))
	m := npyDictionary.FindSubmatch(data[10:end])
	if m == nil || end%64 != 0 {
		t.Fatalf("the header ends at %d: %q", end, data[10:end])
	}
	n := 1
	for _, text := range strings.Split(strings.TrimSuffix(string(m[1]), ","), ", ") {
		d, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("%q: %v", m[1], err)
		}
		shape, n = append(shape, d), n*d
	}
	if len(data)-end != 4*n {
		t.Fatalf("%d bytes of values for the shape %v", len(data)-end, shape)
	}
	return shape, float32s(data[end:])
}

// A stored tensor is what a .safetensors file holds of one.
type stored struct {
	DType   string
	Shape   []int
	Offsets [2]int `json:"data_offsets"`
	data    []byte
}

// readSafetensors reads a file strictly: tensors lie side by side, and nothing is left.
func readSafetensors(t *testing.T, data []byte) (map[string]stored, map[string]string) {
	t.Helper()
	n := int(binary.LittleEndian.Uint64(data))
	if n%8 != 0 {
		t.Errorf("a header of %d bytes", n)
	}
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(data[8:8+n], &entries); err != nil {
		t.Fatalf("%v: %s", err, data[8:8+n])
	}
	notes, all, sum := map[string]string{}, map[string]stored{}, 0
	for name, text := range entries {
		if name == "__metadata__" {
			if err := json.Unmarshal(text, &notes); err != nil {
				t.Fatal(err)
			}
			continue
		}
		var s stored
		if err := json.Unmarshal(text, &s); err != nil {
			t.Fatal(err)
		}
		size := map[string]int{"F32": 4, "I64": 8}[s.DType]
		for _, d := range s.Shape {
			size *= d
		}
		if s.Offsets[1]-s.Offsets[0] != size {
			t.Fatalf("%s: %+v", name, s)
		}
		s.data = data[8+n+s.Offsets[0] : 8+n+s.Offsets[1]]
		all[name], sum = s, sum+size
	}
	if sum != len(data)-8-n {
		t.Fatalf("the tensors have %d bytes, the file %d", sum, len(data)-8-n)
	}
	return all, notes
}

func readCSV(t *testing.T, path string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(string(readFile(t, path)))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
