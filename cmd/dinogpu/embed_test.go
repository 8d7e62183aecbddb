package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/layers"
	"github.com/dinogpu/dinogpu/testdata/golden"
)

// goldenWeights writes the golden backbone of evaluations as a file that embed reads.
func goldenWeights(t *testing.T) string {
	t.Helper()
	g := golden.Open(t, "vit_evals.safetensors")
	var tensors []layers.HostTensor
	for _, name := range g.Names() {
		tensors = append(tensors, layers.HostTensor{Name: strings.TrimPrefix(name, "weights."), Shape: g.Shape(name), Values: g.Float32s(name)})
	}
	path := filepath.Join(t.TempDir(), "w.safetensors")
	if err := weights.WriteSafetensors(path, tensors, map[string]string{"dinogpu.heads": "3"}); err != nil {
		t.Fatal(err)
	}
	return path
}

// embedPlace has two classes of four images, one of them damaged, a list of the golden photo, and an idx file.
func embedPlace(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	writeClasses(t, filepath.Join(dir, "set"), 4, 1, "ant", "bee")
	photo, err := os.ReadFile(golden.Path(t, "photo.png"))
	if err != nil {
		t.Fatal(err)
	}
	idx := append([]byte{0, 0, 8, 4, 0, 0, 0, 2, 0, 0, 0, 32, 0, 0, 0, 40, 0, 0, 0, 3}, bytes.Repeat([]byte{1, 90, 200, 7}, 2*32*40*3/4)...)
	for name, data := range map[string][]byte{
		"set/bee/01.png": []byte("damaged"), "photo.png": photo, "list.txt": []byte("photo.png\nset/ant/00.png\n"), "x-idx4-ubyte": idx,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// npyOf gives a two- or four-dimensional file's values by rows.
func npyOf(t *testing.T, path string, rows int) [][]float32 {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := 10 + int(binary.LittleEndian.Uint16(data[8:]))
	if !bytes.Contains(data[:at], []byte("'shape': ("+strconv.Itoa(rows)+", ")) {
		t.Fatalf("%s begins with %q", path, data[:at])
	}
	values := make([]float32, (len(data)-at)/4)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[at+4*i:]))
	}
	return slices.Collect(slices.Chunk(values, len(values)/rows))
}

func csvOf(t *testing.T, path string) [][]string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func sameRow(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) || x != x && y != y })
}

// One set in all formats: rows in the order of the images, the damaged one empty, the photo's as PyTorch makes it.
func TestEmbedFormats(t *testing.T) {
	dir, w := embedPlace(t), goldenWeights(t)
	at := func(name string) string { return filepath.Join(dir, name) }
	images := []string{at("photo.png"), at("set"), at("list.txt"), at("x-idx4-ubyte")}
	embed := func(out string, more ...string) (embedReport, outcome) {
		o := dinogpu(t, nil, append(append([]string{"embed", "--weights", w, "--out", at(out), "--json"}, images...), more...)...)
		if o.code != exitDone {
			t.Fatalf("%s: exit %d: %s", out, o.code, o.stderr)
		}
		var r embedReport
		d := json.NewDecoder(strings.NewReader(o.stdout))
		d.DisallowUnknownFields()
		if err := d.Decode(&r); err != nil {
			t.Fatal(err)
		}
		return r, o
	}
	r, o := embed("f.npy", "--blocks", "4", "--patches")
	if r.Images != 13 || r.LeftOut != 1 || r.Dim != 192 || r.ImageSize != 32 || len(r.Files) != 3 || r.Weights != w ||
		r.ImagesPerSecond <= 0 || r.DeviceImagesPerSecond < r.ImagesPerSecond*12/13 || r.Seconds < r.Device+r.Building+r.WaitedForImages {
		t.Errorf("%+v", r)
	}
	for _, want := range []string{"01.png\", is left empty: image " + at("set/bee/01.png") + ": ", "13 rows of 192 values, 1 of them without features in ", "images per second"} {
		if !strings.Contains(o.stderr, filepath.FromSlash(want)) {
			t.Errorf("%q is not said:\n%s", want, o.stderr)
		}
	}
	features, patches := npyOf(t, at("f.npy"), 13), npyOf(t, at("f.patches.npy"), 13)
	tokens := golden.Open(t, "embed.safetensors").Float32s("image0.crop")
	for i, v := range append(slices.Clone(features[0]), patches[0]...) {
		if math.Abs(float64(v-tokens[i])) > 1e-3 {
			t.Fatalf("value %d of the photo is %g, PyTorch's %g", i, v, tokens[i])
		}
	}
	if !sameRow(features[0], features[9]) || !sameRow(features[1], features[10]) || sameRow(features[0], features[1]) || features[6][0] == features[6][0] {
		t.Error("the photo and an ant are in the list again; the damaged image has no features")
	}
	names := csvOf(t, at("f.names.csv"))
	var short [][]string
	for _, line := range names {
		short = append(short, []string{line[0], filepath.ToSlash(strings.TrimPrefix(line[1], dir)), line[2]})
	}
	want := [][]string{
		{"row", "name", "class"},
		{"0", "/photo.png", ""},
		{"1", "set/ant/00.png", "ant"},
		{"2", "set/ant/01.png", "ant"},
		{"3", "set/ant/02.png", "ant"},
		{"4", "set/ant/03.png", "ant"},
		{"5", "set/bee/00.png", "bee"},
		{"6", "set/bee/01.png", "bee"},
		{"7", "set/bee/02.png", "bee"},
		{"8", "set/bee/03.png", "bee"},
		{"9", "list.txt: photo.png", ""},
		{"10", "list.txt: set/ant/00.png", ""},
		{"11", "x-idx4-ubyte: x-idx4-ubyte#0", ""},
		{"12", "x-idx4-ubyte: x-idx4-ubyte#1", ""},
	}
	if d := cmp.Diff(want, short); d != "" {
		t.Error(d)
	}
	if !strings.Contains(names[7][3], "01.png") || names[1][3] != "" {
		t.Errorf("errors %q, %q", names[7][3], names[1][3])
	}

	if err := os.Remove(at("f.names.csv")); err != nil { // it goes with f.npy
		t.Fatal(err)
	}
	embed("f.safetensors", "--n-last-blocks", "4", "--patches")
	tensors, notes, err := weights.ReadSafetensors(at("f.safetensors"))
	if err != nil || len(tensors) != 3 || notes["image_size"] != "32" || notes["view"] != "center" {
		t.Fatalf("%d tensors, %v, %v", len(tensors), notes, err)
	}
	if !slices.Equal(tensors[0].Values, []float32{-1, 0, 0, 0, 0, 1, 1, 1, 1, -1, -1, -1, -1}) || tensors[0].Name != "labels" {
		t.Errorf("%s %v", tensors[0].Name, tensors[0].Values)
	}
	if !sameRow(slices.Concat(features...), tensors[1].Values) || !sameRow(slices.Concat(patches...), tensors[2].Values) || !slices.Equal(tensors[2].Shape, []int{13, 4, 4, 192}) {
		t.Errorf("%s %v, %s %v: other values than in .npy", tensors[1].Name, tensors[1].Shape, tensors[2].Name, tensors[2].Shape)
	}

	embed("f.csv")
	table := csvOf(t, at("f.csv"))
	if len(table) != 14 || len(table[0]) != 3+48 || table[7][3] != "" {
		t.Fatalf("%d lines, %q", len(table), table[0])
	}
	for k, v := range features[0][3*48:] { // the last of the four blocks
		if got, err := strconv.ParseFloat(table[1][3+k], 32); err != nil || math.Abs(got-float64(v)) > 1e-5 {
			t.Errorf("f%d is %v, %v, in .npy %v", k, table[1][3+k], err, v)
		}
	}

	images = []string{at("x-idx4-ubyte"), at("photo.png")}
	embed("whole.safetensors", "--whole", "--patches")
	tensors, _, err = weights.ReadSafetensors(at("whole.safetensors"))
	if err != nil || len(tensors) != 5 {
		t.Fatalf("%d tensors, %v", len(tensors), err)
	}
	shapes := map[string][]int{}
	for _, x := range tensors {
		shapes[x.Name] = x.Shape
	}
	if d := cmp.Diff(map[string][]int{"labels": {3}, "features": {3, 48}, "patches.0": {4, 5, 48}, "patches.1": {4, 5, 48}, "patches.2": {4, 5, 48}}, shapes); d != "" {
		t.Error(d)
	}
}

// What cannot be done ends with a sentence, and leaves no file.
func TestEmbedRefuses(t *testing.T) {
	dir, w := embedPlace(t), goldenWeights(t)
	t.Chdir(dir)
	if err := os.WriteFile("taken.npy", []byte("years of work"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := tree(t)
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"--out f.npy", exitUsage, "name images"},
		{"set", exitUsage, "--out FILE.npy"},
		{"set --out f.txt", exitUsage, "ends in one of .npy"},
		{"set --out f.csv --patches", exitUsage, "no place for patch tokens"},
		{"set --out f.npy --patches --whole", exitUsage, "a tensor per image"},
		{"set --out taken.npy", exitFailed, "taken.npy is not written over (file already exists): name another file"},
		{"set --out none/f.npy", exitFailed, "folder is there"},
		{"set --out f.npy --blocks 0", exitUsage, "--blocks 0"},
		{"set --out f.npy --blocks 6", exitUsage, "--blocks 6: the backbone"},
		{"set --out f.npy --image-size 7", exitUsage, "one patch of 8"},
		{"set --out f.npy --image-size=-1", exitUsage, "--image-size -1"},
		{"set --out f.npy --image-size 4000", exitFailed, "would fit, lower --image-size"},
		{"set --out f.npy --checkpoint-key student", exitUsage, "holds no student"},
		{"nothing --out f.npy", exitFailed, "nothing doesn't exist"},
		{"none.png --out f.npy", exitFailed, "there is no image none.png"},
		{"set/bee/01.png --out f.npy", exitFailed, "none of 1 image has features"},
		{"set --out f.npy --adapter voodoo", exitFailed, "voodoo"},
	} {
		o := dinogpu(t, nil, append([]string{"embed", "--weights", w}, strings.Fields(c.args)...)...)
		if o.code != c.code || !strings.Contains(o.stderr, c.want) || o.stdout != "" || strings.Contains(o.stderr, "goroutine") {
			t.Errorf("%s: exit %d, want %d and %q: %s%s", c.args, o.code, c.code, c.want, o.stderr, o.stdout)
		}
	}
	if o := dinogpu(t, nil, "embed", "set", "--out", "f.npy"); o.code != exitUsage || !strings.Contains(o.stderr, "--weights") {
		t.Errorf("no weights: exit %d: %s", o.code, o.stderr)
	}
	if d := cmp.Diff(before, tree(t)); d != "" {
		t.Error(d)
	}
}

// Ctrl-C keeps nothing, and says so.
func TestEmbedInterrupted(t *testing.T) {
	dir, w := embedPlace(t), goldenWeights(t)
	images, err := filepath.Abs("../../testdata/fashion-mnist/t10k-images-idx3-ubyte.gz")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	before := tree(t)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	said := &stopWhenSaid{text: "is left empty", stop: stop}
	code := execute(&app{
		ctx: ctx, stdout: &bytes.Buffer{}, now: time.Now, env: func(string) (string, bool) { return "", false },
		console: &console{w: said, width: func() int { return 80 }, now: time.Now},
	}, []string{"embed", "set/bee", images, "--weights", w, "--out", "f.npy"})
	if code != exitStopped || !strings.Contains(said.String(), "nothing was kept of f.npy") {
		t.Errorf("exit %d: %s", code, said)
	}
	if d := cmp.Diff(before, tree(t)); d != "" {
		t.Error(d)
	}
}
