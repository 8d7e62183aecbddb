package golden

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// build puts a header before data.
func build(header string, data []byte) []byte {
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(out, header...), data...)
}

const sample = `{"__metadata__":{"k":"96","name":"a \"b\""},"f":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},` +
	`"d":{"dtype":"F64","shape":[],"data_offsets":[8,16]},"i":{"dtype":"I64","shape":[1,1],"data_offsets":[16,24]},` +
	`"u":{"dtype":"U8","shape":[0,3],"data_offsets":[24,24]},"v":{"dtype":"U8","shape":[3],"data_offsets":[24,27]}}  `

var sampleData = []byte{0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0xe0, 0x3f, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 255}

// A recorder stands for a test that fails.
type recorder struct {
	testing.TB
	said string
}

func (r *recorder) Helper() {}

func (r *recorder) Fatalf(format string, args ...any) {
	r.said = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// failure is what a test would be ended with.
func failure(do func(t testing.TB)) string {
	r := &recorder{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		do(r)
	}()
	<-done
	return r.said
}

func TestValuesOfEachType(t *testing.T) {
	f, err := parse(build(sample, sampleData))
	if err != nil {
		t.Fatal(err)
	}
	f.t = t
	if got := f.Float32s("f"); !slices.Equal(got, []float32{1, -2}) {
		t.Errorf("F32: %v", got)
	}
	if got := f.Float64s("d"); !slices.Equal(got, []float64{0.5}) || len(f.Shape("d")) != 0 {
		t.Errorf("F64: %v of shape %v", got, f.Shape("d"))
	}
	if got := f.Ints("i"); !slices.Equal(got, []int{-2}) || !slices.Equal(f.Shape("i"), []int{1, 1}) {
		t.Errorf("I64: %v of shape %v", got, f.Shape("i"))
	}
	if got := f.Bytes("v"); !slices.Equal(got, []byte{1, 2, 255}) || len(f.Bytes("u")) != 0 {
		t.Errorf("U8: %v, %v", got, f.Bytes("u"))
	}
	if got := f.Names(); !slices.Equal(got, []string{"d", "f", "i", "u", "v"}) || !f.Has("d") || f.Has("k") {
		t.Errorf("names %v", got)
	}
	if f.Setting("name") != `a "b"` || f.Int("k") != 96 || f.Float("k") != 96 || len(f.Metadata()) != 2 {
		t.Errorf("settings %v", f.Metadata())
	}
}

// The sentence names the file and what it lacks.
func TestWhatIsMissingFailsTheTest(t *testing.T) {
	vit := func(t testing.TB) *File { return Open(t, "vit.safetensors") }
	for want, do := range map[string]func(t testing.TB){
		`golden file none.safetensors cannot be read`:                                             func(t testing.TB) { Open(t, "none.safetensors") },
		`golden file photo.png is damaged`:                                                        func(t testing.TB) { Open(t, "photo.png") },
		`golden file vit.safetensors holds no tensor "x"`:                                         func(t testing.TB) { vit(t).Float32s("x") },
		`golden file vit.safetensors holds "weights.norm.bias" as F32, the test reads F64`:        func(t testing.TB) { vit(t).Float64s("weights.norm.bias") },
		`golden file vit.safetensors holds "weights.norm.bias" as F32, the test reads I64`:        func(t testing.TB) { vit(t).Ints("weights.norm.bias") },
		`golden file vit.safetensors holds "weights.norm.bias" as F32, the test reads U8`:         func(t testing.TB) { vit(t).Bytes("weights.norm.bias") },
		`golden file schedules.safetensors holds "wd.10x7" as F64, the test reads F32`:            func(t testing.TB) { Open(t, "schedules.safetensors").Float32s("wd.10x7") },
		`golden file vit.safetensors holds no tensor "y"`:                                         func(t testing.TB) { vit(t).Shape("y") },
		`golden file vit.safetensors has no setting "x"`:                                          func(t testing.TB) { vit(t).Setting("x") },
		`golden file steps_sgd.safetensors: setting optimizer: strconv.ParseFloat: parsing "sgd"`: func(t testing.TB) { Open(t, "steps_sgd.safetensors").Float("optimizer") },
		`golden file steps_sgd.safetensors: setting lr: strconv.Atoi: parsing "0.03"`:             func(t testing.TB) { Open(t, "steps_sgd.safetensors").Int("lr") },
	} {
		if got := failure(do); !strings.HasPrefix(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestDamagedFilesAreRefused(t *testing.T) {
	whole := build(sample, sampleData)
	for n := range whole {
		if _, err := parse(whole[:n]); err == nil {
			t.Errorf("cut at %d of %d: read", n, len(whole))
		}
	}
	entry := func(name, dtype, shape, offsets string) string {
		return fmt.Sprintf(`%q:{"dtype":%q,"shape":%s,"data_offsets":%s}`, name, dtype, shape, offsets)
	}
	good := entry("a", "U8", "[8]", "[0,8]")
	for what, header := range map[string]string{
		"no object":         `[1]`,
		"a name twice":      `{` + entry("a", "U8", "[4]", "[0,4]") + `,` + entry("a", "U8", "[4]", "[4,8]") + `}`,
		"a gap":             `{` + entry("a", "U8", "[4]", "[4,8]") + `}`,
		"bytes left":        `{` + entry("a", "U8", "[4]", "[0,4]") + `}`,
		"beyond the file":   `{` + entry("a", "U8", "[9]", "[0,9]") + `}`,
		"an overlap":        `{` + good + `,` + entry("b", "U8", "[4]", "[4,8]") + `}`,
		"backwards":         `{` + entry("a", "U8", "[-8]", "[8,0]") + `}`,
		"two negatives":     `{` + entry("a", "U8", "[-2,-4]", "[0,8]") + `}`,
		"a wrapping shape":  `{` + good + `,` + entry("b", "U8", "[4294967296,4294967296]", "[8,8]") + `}`,
		"another shape":     `{` + entry("a", "F32", "[3]", "[0,8]") + `}`,
		"no shape":          `{"a":{"dtype":"U8","data_offsets":[0,8]}}`,
		"an unknown type":   `{` + entry("a", "F16", "[4]", "[0,8]") + `}`,
		"metadata of lists": `{"__metadata__":{"a":[1]},` + good + `}`,
	} {
		if _, err := parse(build(header, make([]byte, 8))); err == nil {
			t.Errorf("%s: read", what)
		}
	}
	if _, err := parse(build(`{`+good+`}`, make([]byte, 8))); err != nil {
		t.Errorf("the header to break is refused: %v", err)
	}
}

// README.md says what each file holds and which tests read it.
func TestEveryFileIsReadAndDescribed(t *testing.T) {
	files, err := filepath.Glob(Path(t, "*.safetensors"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	readme, err := os.ReadFile(Path(t, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		if len(Open(t, name).Names()) == 0 {
			t.Errorf("%s holds no tensor", name)
		}
		if !strings.Contains(string(readme), "| "+strings.TrimSuffix(name, ".safetensors")+" |") {
			t.Errorf("README.md does not describe %s", name)
		}
	}
	tests := regexp.MustCompile("`([a-z_/]+_test\\.go)`").FindAllStringSubmatch(string(readme), -1)
	for _, m := range tests {
		text, err := os.ReadFile(Path(t, "../../"+m[1]))
		if err != nil || !strings.Contains(strings.ToLower(string(text)), "golden") {
			t.Errorf("README.md names %s, which reads no golden file (%v)", m[1], err)
		}
	}
	if len(tests) < len(files) {
		t.Errorf("README.md names %d tests for %d files", len(tests), len(files))
	}
}
