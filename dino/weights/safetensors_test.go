package weights

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dinogpu/dinogpu/layers"
	"github.com/dinogpu/dinogpu/testdata/golden"
)

// sampleTensors have the shapes that go wrong: a scalar, an empty one, one past the buffers' sizes, and values
// that do not equal themselves.
func sampleTensors() []layers.HostTensor {
	long := make([]float32, 3*70001)
	for i := range long {
		long[i] = float32(i) / 7
	}
	return []layers.HostTensor{
		{Name: "a.bias", Shape: []int{3}, Values: []float32{1, float32(math.Inf(-1)), float32(math.Copysign(0, -1))}},
		{Name: "b<empty>", Shape: []int{0, 4}, Values: []float32{}},
		{Name: "c.long", Shape: []int{3, 70001}, Values: long},
		{Name: "d \"scalar\" ü", Shape: []int{}, Values: []float32{math.Float32frombits(0x7fc01234)}},
	}
}

// wantTensors compares bits.
func wantTensors(t *testing.T, got, want []layers.HostTensor) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d tensors, want %d", len(got), len(want))
	}
	for i, w := range want {
		g := got[i]
		if g.Name != w.Name || !slices.Equal(g.Shape, w.Shape) || !bytes.Equal(floatBytes(g.Values), floatBytes(w.Values)) {
			t.Errorf("tensor %d is %q %v, want %q %v with the same values", i, g.Name, g.Shape, w.Name, w.Shape)
		}
	}
}

// wantOnly checks what a folder holds.
func wantOnly(t *testing.T, folder string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !slices.Equal(got, append([]string{}, names...)) {
		t.Errorf("the folder holds %q, want %q", got, names)
	}
}

func writeTestFile(t *testing.T, path string, data []byte) string {
	t.Helper()
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSafetensorsRoundTrip(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "x.safetensors")
	meta := map[string]string{"format": "pt", "ü": "a \"b\" <c>"}
	for range 2 { // the second writes over the first
		if err := WriteSafetensors(path, sampleTensors(), meta); err != nil {
			t.Fatal(err)
		}
	}
	wantOnly(t, folder, "x.safetensors")
	got, gotMeta, err := ReadSafetensors(path)
	if err != nil {
		t.Fatal(err)
	}
	wantTensors(t, got, sampleTensors())
	if d := cmp.Diff(meta, gotMeta); d != "" {
		t.Errorf("metadata (-want +got):\n%s", d)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := binary.LittleEndian.Uint64(raw); n%8 != 0 || raw[8] != '{' {
		t.Errorf("the header has %d bytes and begins with %q", n, raw[8])
	}
	if err := WriteSafetensors(path, nil, nil); err != nil {
		t.Fatal(err)
	}
	if got, gotMeta, err = ReadSafetensors(path); err != nil || len(got) != 0 || len(gotMeta) != 0 {
		t.Errorf("an empty file gives %d tensors, %v, %v", len(got), gotMeta, err)
	}
}

// The bytes that Python's library (safetensors 0.8.0, safetensors.numpy.save) makes of the same tensors.
func TestSafetensorsEqualPythons(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	tensors := []layers.HostTensor{
		{Name: "scalar", Values: []float32{7}},
		{Name: "norm.weight", Shape: []int{3}, Values: []float32{1.5, -2, 0}},
		{Name: "empty", Shape: []int{0, 4}},
		{Name: "cls_token", Shape: []int{1, 1, 2}, Values: []float32{0.1, float32(math.Inf(1))}},
	}
	if err := WriteSafetensors(path, tensors, map[string]string{"format": "pt"}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const want = "\x18\x01\x00\x00\x00\x00\x00\x00" +
		`{"__metadata__":{"format":"pt"},` +
		`"cls_token":{"dtype":"F32","shape":[1,1,2],"data_offsets":[0,8]},` +
		`"empty":{"dtype":"F32","shape":[0,4],"data_offsets":[8,8]},` +
		`"norm.weight":{"dtype":"F32","shape":[3],"data_offsets":[8,20]},` +
		`"scalar":{"dtype":"F32","shape":[],"data_offsets":[20,24]}} ` +
		"\xcd\xcc\xcc\x3d\x00\x00\x80\x7f\x00\x00\xc0\x3f\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\xe0\x40"
	if string(got) != want {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
	if tensors[0].Name != "scalar" {
		t.Error("the caller's tensors were sorted")
	}
}

func TestSafetensorsCannotHold(t *testing.T) {
	folder := t.TempDir()
	for what, c := range map[string]struct {
		name string
		meta map[string]string
	}{
		"keeps the name __metadata__": {"__metadata__", nil},
		`metadata "a" is not UTF-8`:   {"b", map[string]string{"a": "\xff"}},
		`metadata "\xff" is not`:      {"b", map[string]string{"\xff": "a"}},
	} {
		path := filepath.Join(folder, "x")
		err := WriteSafetensors(path, []layers.HostTensor{{Name: c.name, Shape: []int{0}}}, c.meta)
		if err == nil || !strings.Contains(err.Error(), what) || !strings.Contains(err.Error(), path) {
			t.Errorf("%q, want %q in it", err, what)
		}
	}
	wantOnly(t, folder)
}

// The golden files were written by Python (testdata/golden/make.py), and the golden reader shares nothing with ours.
func TestSafetensorsFromPython(t *testing.T) {
	for _, name := range []string{"vit", "steps_adamw"} {
		g := golden.Open(t, name+".safetensors")
		got, meta, err := ReadSafetensors(golden.Path(t, name+".safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(g.Metadata(), meta); d != "" {
			t.Errorf("%s: metadata (-want +got):\n%s", name, d)
		}
		if len(got) != len(g.Names()) || len(got) == 0 {
			t.Fatalf("%s: %d tensors, want %d", name, len(got), len(g.Names()))
		}
		for _, tensor := range got {
			if want := g.Shape(tensor.Name); !slices.Equal(want, tensor.Shape) {
				t.Errorf("%s: %s has shape %v, want %v", name, tensor.Name, tensor.Shape, want)
				continue
			}
			var want []float32
			if g.Type(tensor.Name) == "F64" {
				for _, v := range g.Float64s(tensor.Name) {
					want = append(want, float32(v))
				}
			} else {
				want = g.Float32s(tensor.Name)
			}
			if !bytes.Equal(floatBytes(want), floatBytes(tensor.Values)) {
				t.Errorf("%s: %s has other values", name, tensor.Name)
			}
		}
	}
}

// buildSafetensors puts a header before data.
func buildSafetensors(header string, data []byte) []byte {
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(out, header...), data...)
}

func TestSafetensorsTypes(t *testing.T) {
	header := `{"h":{"dtype":"F16","shape":[6],"data_offsets":[0,12]},"b":{"dtype":"BF16","shape":[2],"data_offsets":[12,16]},` +
		`"d":{"dtype":"F64","shape":[2,1],"data_offsets":[16,32]},"i":{"dtype":"I64","shape":[2],"data_offsets":[32,48]}}  `
	var data []byte
	for _, v := range []uint16{0x3c00, 0xc000, 0x0001, 0x83ff, 0x7bff, 0xfc00, 0x3f80, 0xc2f7} {
		data = binary.LittleEndian.AppendUint16(data, v)
	}
	for _, v := range []float64{1.0 / 3, math.Inf(1)} {
		data = binary.LittleEndian.AppendUint64(data, math.Float64bits(v))
	}
	for _, v := range []int64{-1, 1 << 24} {
		data = binary.LittleEndian.AppendUint64(data, uint64(v))
	}
	path := writeTestFile(t, filepath.Join(t.TempDir(), "x"), buildSafetensors(header, data))
	got, _, err := ReadSafetensors(path)
	if err != nil {
		t.Fatal(err)
	}
	wantTensors(t, got, []layers.HostTensor{
		{Name: "h", Shape: []int{6}, Values: []float32{1, -2, 0x1p-24, -1023 * 0x1p-24, 65504, float32(math.Inf(-1))}},
		{Name: "b", Shape: []int{2}, Values: []float32{1, -123.5}},
		{Name: "d", Shape: []int{2, 1}, Values: []float32{1.0 / 3, float32(math.Inf(1))}},
		{Name: "i", Shape: []int{2}, Values: []float32{-1, 1 << 24}},
	})
	for _, number := range []int64{1<<24 + 1, math.MaxInt64} {
		binary.LittleEndian.PutUint64(data[40:], uint64(number))
		writeTestFile(t, path, buildSafetensors(header, data))
		if _, _, err := ReadSafetensors(path); err == nil || !strings.Contains(err.Error(), fmt.Sprint(number)) {
			t.Errorf("a number that float32 has not gives %v", err)
		}
	}
	binary.LittleEndian.PutUint64(data[24:], math.Float64bits(1e300))
	writeTestFile(t, path, buildSafetensors(header, data))
	if _, _, err := ReadSafetensors(path); err == nil || !strings.Contains(err.Error(), "1e+300") {
		t.Errorf("a value beyond float32 gives %v", err)
	}
}

func TestSafetensorsRefuses(t *testing.T) {
	entry := func(name, dtype, shape, offsets string) string {
		return fmt.Sprintf(`%q:{"dtype":%q,"shape":%s,"data_offsets":%s}`, name, dtype, shape, offsets)
	}
	good := entry("a", "F32", "[2]", "[0,8]")
	for what, header := range map[string]string{
		"no object":          `[1]`,
		"null":               `null`,
		"nothing":            ``,
		"open":               `{` + good,
		"two objects":        `{` + good + `}{}`,
		"a name twice":       `{` + good + `,` + good + `}`,
		"a gap":              `{` + entry("a", "F32", "[1]", "[4,8]") + `}`,
		"bytes left":         `{` + entry("a", "F32", "[1]", "[0,4]") + `}`,
		"beyond the file":    `{` + entry("a", "F32", "[3]", "[0,12]") + `}`,
		"an overlap":         `{` + good + `,` + entry("b", "F32", "[1]", "[4,8]") + `}`,
		"the same bytes":     `{` + good + `,` + entry("b", "F32", "[2]", "[0,8]") + `}`,
		"backwards":          `{` + entry("a", "F32", "[2]", "[8,0]") + `}`,
		"another shape":      `{` + entry("a", "F32", "[3]", "[0,8]") + `}`,
		"a wrapping shape":   `{` + entry("a", "F32", "[4611686018427387904,4,2]", "[0,8]") + `}`,
		"a wrapping offset":  `{` + entry("a", "F32", "[2]", "[0,18446744073709551615]") + `}`,
		"a huge empty shape": `{` + good + `,` + entry("b", "F32", "[0,18446744073709551615]", "[8,8]") + `}`,
		"a negative shape":   `{` + entry("a", "F32", "[-2]", "[0,8]") + `}`,
		"half a dimension":   `{` + entry("a", "F32", "[2.5]", "[0,8]") + `}`,
		"no shape":           `{"a":{"dtype":"F32","data_offsets":[0,8]}}`,
		"null shape":         `{` + entry("a", "F32", "null", "[0,8]") + `}`,
		"three offsets":      `{` + entry("a", "F32", "[2]", "[0,8,8]") + `}`,
		"one offset":         `{` + entry("a", "F32", "[2]", "[0]") + `}`,
		"integers":           `{` + entry("a", "I32", "[2]", "[0,8]") + `}`,
		"an unknown key":     `{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}`,
		"metadata of lists":  `{"__metadata__":{"a":[1]},` + good + `}`,
		"not UTF-8":          "{" + strings.Replace(good, `"a"`, "\"\xff\"", 1) + "}",
		"deep":               `{"a":` + strings.Repeat("[", 20000),
	} {
		path := writeTestFile(t, filepath.Join(t.TempDir(), "x.safetensors"), buildSafetensors(header, make([]byte, 8)))
		_, _, err := ReadSafetensors(path)
		if err == nil || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s gives %v", what, err)
		}
	}
	for what, length := range map[string]uint64{"past the file": 1000, "past the cap": 1 << 40, "negative": math.MaxUint64} {
		path := writeTestFile(t, filepath.Join(t.TempDir(), "x"), append(binary.LittleEndian.AppendUint64(nil, length), '{', '}'))
		if _, _, err := ReadSafetensors(path); !errors.Is(err, ErrDamaged) {
			t.Errorf("a header length %s gives %v", what, err)
		}
	}
}

func TestSafetensorsDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.safetensors")
	small := []layers.HostTensor{{Name: "a", Shape: []int{2, 3}, Values: make([]float32, 6)}, {Name: "bb", Shape: []int{5}, Values: make([]float32, 5)}}
	if err := WriteSafetensors(path, small, map[string]string{"format": "pt"}); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		writeTestFile(t, path, whole[:n])
		if _, _, err := ReadSafetensors(path); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), path) {
			t.Errorf("cut at %d of %d: %v", n, len(whole), err)
		}
	}
	// The format has no checksum, so a changed name or value is a file of its own; whatever is read has to fit.
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 4 * len(whole) {
		data := bytes.Clone(whole)
		at := i % len(whole)
		data[at] ^= byte(1 + r.IntN(255))
		writeTestFile(t, path, data)
		tensors, _, err := ReadSafetensors(path)
		if at < 8 && !errors.Is(err, ErrDamaged) {
			t.Errorf("a header length with byte %d changed gives %v", at, err)
		}
		if err == nil && checkTensors(tensors) != nil {
			t.Errorf("byte %d changed: %v", at, checkTensors(tensors))
		}
	}
}

func TestWritersLeaveNothing(t *testing.T) {
	folder := t.TempDir()
	file := writeTestFile(t, filepath.Join(folder, "file"), nil)
	full := filepath.Join(folder, "full")
	if err := os.MkdirAll(filepath.Join(full, "inside"), 0o777); err != nil {
		t.Fatal(err)
	}
	bad := []layers.HostTensor{{Name: "a", Shape: []int{2}, Values: []float32{1}}}
	twice := []layers.HostTensor{{Name: "a", Shape: []int{0}}, {Name: "a", Shape: []int{0}}}
	for what, c := range map[string]struct {
		path    string
		tensors []layers.HostTensor
	}{
		"a file for a folder": {filepath.Join(file, "x"), nil},
		"no folder":           {filepath.Join(folder, "none", "x"), nil},
		"a full folder":       {full, sampleTensors()}, // fails at the rename
		"a wrong shape":       {filepath.Join(folder, "x"), bad},
		"a name twice":        {filepath.Join(folder, "x"), twice},
		"no name":             {filepath.Join(folder, "x"), []layers.HostTensor{{Shape: []int{0}}}},
		"a negative shape":    {filepath.Join(folder, "x"), []layers.HostTensor{{Name: "a", Shape: []int{-1, 0}}}},
	} {
		for kind, err := range map[string]error{
			"safetensors": WriteSafetensors(c.path, c.tensors, nil),
			"checkpoint":  WriteCheckpoint(c.path, Header{}, c.tensors),
		} {
			if err == nil || !strings.Contains(err.Error(), c.path) || strings.Contains(err.Error(), ".tmp-") {
				t.Errorf("%s, %s: %v", kind, what, err)
			}
		}
	}
	wantOnly(t, folder, "file", "full")
	wantOnly(t, full, "inside")
}

func TestReadersRefuse(t *testing.T) {
	folder := t.TempDir()
	for _, path := range []string{folder, filepath.Join(folder, "none"), os.DevNull} {
		if _, _, err := ReadSafetensors(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("safetensors %s: %v", path, err)
		}
		if _, _, err := ReadCheckpoint(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("checkpoint %s: %v", path, err)
		}
	}
}
