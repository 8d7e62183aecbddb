package onnx

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dinogpu/dinogpu/dino/weights/dtype"
	"github.com/dinogpu/dinogpu/layers"
)

var update = flag.Bool("update", false, "write testdata/graph.txt anew; then run testdata/interop/check.py")

var (
	tiny     = layers.ViTConfig{ImageSize: 29, Patch: 7, Dim: 24, Depth: 2, Heads: 3}
	tinyHead = layers.HeadConfig{In: 24, Layers: 3, Hidden: 20, Bottleneck: 8, Out: 11}
)

// made gives a layout's tensors random values.
func made(add func(*layers.Params, string), prefix string) (out []layers.HostTensor) {
	l := &layers.Params{}
	add(l, prefix)
	r := rand.New(rand.NewPCG(1, uint64(len(prefix))))
	for _, p := range l.List {
		x := layers.HostTensor{Name: p.Name, Shape: p.Shape, Values: make([]float32, p.Len())}
		for i := range x.Values {
			x.Values[i] = float32(r.NormFloat64())
		}
		out = append(out, x)
	}
	return out
}

// written is the file of a tiny network, parsed.
func written(t *testing.T, head, half bool) (model, graph message, tensors map[string]stored) {
	t.Helper()
	var heads []layers.HostTensor
	if head {
		heads = made(tinyHead.AddParams, "head.")
	}
	m, err := ViT(tiny, made(tiny.AddParams, ""), heads, half)
	if err != nil {
		t.Fatal(err)
	}
	m.Producer, m.Version, m.Doc, m.Metadata = "dinogpu", "v1", "A test.", map[string]string{"std": "3", "mean": "1,2"}
	var file bytes.Buffer
	if err := m.Write(&file); err != nil {
		t.Fatal(err)
	}
	if uint64(file.Len()) != m.Size() {
		t.Errorf("%d bytes, and Size says %d", file.Len(), m.Size())
	}
	model = parse(t, file.Bytes())
	graph = parse(t, model[7][0].bytes)
	tensors = map[string]stored{}
	for _, f := range graph[5] {
		name, s := parseTensor(t, f.bytes)
		if _, twice := tensors[name]; twice {
			t.Errorf("two initializers are named %s", name)
		}
		tensors[name] = s
	}
	return model, graph, tensors
}

// Every weight is in the file under its released name, bit by bit; the head's last layer is one tensor.
func TestWeightsAreThoseGiven(t *testing.T) {
	for _, half := range []bool{false, true} {
		_, graph, tensors := written(t, true, half)
		cast := map[string]bool{}
		for _, f := range graph[1] {
			if n, _ := parseNode(t, f.bytes); n.Op == "Cast" {
				cast[n.Inputs[0]] = cmp.Equal(n.Attributes, []Attribute{{"to", 1}}) && n.Output == n.Inputs[0]+".float32"
			}
		}
		given := append(made(tiny.AddParams, ""), made(tinyHead.AddParams, "head.")...)
		v, g := given[len(given)-1], given[len(given)-2]
		given = append(given[:len(given)-2], folded(v, g))
		for _, x := range given {
			want := stored{1, x.Shape, make([]byte, 4*len(x.Values))}
			kind := "F32"
			if half {
				want.kind, want.raw, kind = 10, want.raw[:2*len(x.Values)], "F16"
			}
			if err := dtype.Encode(want.raw, kind, x.Values); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, tensors[x.Name], cmp.AllowUnexported(stored{})); d != "" {
				t.Errorf("%s, half %v: (-want +got)\n%s", x.Name, half, d)
			}
			if cast[x.Name] != half {
				t.Errorf("%s, half %v: cast to float32: %v", x.Name, half, cast[x.Name])
			}
			delete(tensors, x.Name)
		}
		for name, s := range tensors { // what is left are constants: none is made smaller
			if s.kind != 1 && s.kind != 7 {
				t.Errorf("constant %s has type %d", name, s.kind)
			}
		}
	}
}

// folded is what weight norm makes of a last layer, in other words than the writer's.
func folded(v, g layers.HostTensor) layers.HostTensor {
	w := layers.HostTensor{Name: "head.last_layer.weight", Shape: v.Shape}
	for i, x := range v.Values {
		k := i / v.Shape[1]
		var norm float64
		for _, y := range v.Values[k*v.Shape[1] : (k+1)*v.Shape[1]] {
			norm += float64(y) * float64(y)
		}
		w.Values = append(w.Values, float32(float64(x)*(float64(g.Values[k])/math.Sqrt(norm))))
	}
	return w
}

// The graph, node by node, is the one that testdata/interop/check.py ran in onnxruntime and compared with PyTorch. Each
// node takes what is there before it and has an output and a name of its own.
func TestGraph(t *testing.T) {
	model, graph, tensors := written(t, true, false)
	known := map[string]bool{"image": true}
	for name := range tensors {
		known[name] = true
	}
	var text strings.Builder
	for _, f := range graph[1] {
		n, name := parseNode(t, f.bytes)
		for _, input := range n.Inputs {
			if !known[input] {
				t.Errorf("%s takes %s, which is not there yet", n.Output, input)
			}
		}
		if known[n.Output] || name != n.Output {
			t.Errorf("output %q of node %q is there twice or goes by two names", n.Output, name)
		}
		known[n.Output] = true
		fmt.Fprintf(&text, "%s = %s(%s)", n.Output, n.Op, strings.Join(n.Inputs, ", "))
		for _, a := range n.Attributes {
			fmt.Fprintf(&text, " %s=%v", a.Name, a.Value)
		}
		text.WriteByte('\n')
	}
	for name, s := range tensors {
		if s.kind == 7 {
			want := fmt.Sprint("list", s.ints())
			if len(s.shape) == 0 {
				want = fmt.Sprint("index", s.ints()[0])
			}
			if name != want {
				t.Errorf("constant %s of shape %v holds %v", name, s.shape, s.ints())
			}
		}
		if number, ok := strings.CutPrefix(name, "number "); ok && (len(s.shape) != 0 || number != fmt.Sprint(s.floats()[0])) {
			t.Errorf("constant %s of shape %v holds %v", name, s.shape, s.floats())
		}
	}
	const file = "testdata/graph.txt"
	if *update {
		if err := os.WriteFile(file, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(text.String(), "\n")); d != "" {
		t.Errorf("the graph is not that of %s, which is known to be right: run testdata/interop/check.py before you change it (-want +got)\n%s", file, d)
	}

	if model.number(1) != 8 || parse(t, model[8][0].bytes).number(2) != 17 || len(model[8]) != 1 {
		t.Errorf("IR version %d, opset %v", model.number(1), model[8])
	}
	if got := []string{model.text(2), model.text(3), model.text(6), graph.text(2)}; !slices.Equal(got, []string{"dinogpu", "v1", "A test.", "DINO"}) {
		t.Errorf("the model says %q", got)
	}
	var entries []string
	for _, f := range model[14] {
		e := parse(t, f.bytes)
		entries = append(entries, e.text(1)+"="+e.text(2))
	}
	if !slices.Equal(entries, []string{"mean=1,2", "std=3"}) {
		t.Errorf("metadata %q", entries)
	}
	var values []Value
	for _, f := range append(graph[11], graph[12]...) {
		values = append(values, parseValue(t, f.bytes))
	}
	wantValues := []Value{{"image", []int{-1, 3, 29, 29}}, {"features", []int{-1, 24}}, {"patches", []int{-1, 16, 24}}, {"logits", []int{-1, 11}}}
	if d := cmp.Diff(wantValues, values); d != "" {
		t.Errorf("inputs and outputs: (-want +got)\n%s", d)
	}
}

// Without a head there are two outputs, and nothing of it is in the file.
func TestGraphOfABackbone(t *testing.T) {
	_, graph, tensors := written(t, false, false)
	if len(graph[12]) != 2 {
		t.Errorf("%d outputs", len(graph[12]))
	}
	for name := range tensors {
		if strings.HasPrefix(name, "head") {
			t.Errorf("holds %s", name)
		}
	}
}

// Heads of fewer layers have other names.
func TestHeadSizes(t *testing.T) {
	for _, n := range []int{1, 2, 4} {
		c := tinyHead
		c.Layers = n
		m, err := ViT(tiny, made(tiny.AddParams, ""), made(c.AddParams, "head."), false)
		if err != nil {
			t.Fatal(err)
		}
		erf := 0
		for _, node := range m.Nodes {
			if node.Op == "Erf" {
				erf++
			}
		}
		if want := tiny.Depth + n - 1; erf != want {
			t.Errorf("%d layers: %d GELUs, want %d", n, erf, want)
		}
	}
}

// What is no backbone or head that the graph has operators for is an error that names the tensor.
func TestGraphRefuses(t *testing.T) {
	backbone, head := made(tiny.AddParams, ""), made(tinyHead.AddParams, "head.")
	without := func(list []layers.HostTensor, name string) []layers.HostTensor {
		return slices.DeleteFunc(slices.Clone(list), func(x layers.HostTensor) bool { return x.Name == name })
	}
	normed := append(slices.Clone(head), layers.HostTensor{Name: "head.mlp.1.running_mean", Shape: []int{1}, Values: []float32{1}})
	narrow := slices.Clone(head)
	narrow[2].Shape = []int{narrow[2].Shape[0] * 2, narrow[2].Shape[1] / 2}
	for _, c := range []struct {
		backbone, head []layers.HostTensor
		want           string
	}{
		{without(backbone, "norm.bias"), nil, "norm.bias is missing"},
		{backbone, normed, `"head.mlp.1.running_mean"`},
		{backbone, narrow, "head.mlp.2 has a weight of shape [40 10]"},
		{backbone, without(head, "head.mlp.4.bias"), "head.mlp.4 has a weight"},
		{backbone, without(head, "head.last_layer.weight_g"), "weight_g of shape []"},
	} {
		if _, err := ViT(tiny, c.backbone, c.head, false); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

// A model of more than 2 GB is refused before a byte is written, and a value beyond float16 names its tensor.
func TestWriteRefuses(t *testing.T) {
	shared := make([]float32, 1<<21)
	large := &Model{Name: "large"}
	for i := range 256 {
		large.Initializers = append(large.Initializers, Initializer{Name: fmt.Sprint(i), Shape: []int{len(shared)}, Floats: shared})
	}
	var file bytes.Buffer
	if err := large.Write(&file); err == nil || !strings.Contains(err.Error(), "2147483647") || file.Len() > 0 {
		t.Errorf("%v after %d bytes", err, file.Len())
	}
	beyond := &Model{Initializers: []Initializer{{Name: "x", Shape: []int{2}, Floats: []float32{1, 70000}, Half: true}}}
	var overflow *dtype.OverflowError
	if err := beyond.Write(io.Discard); !errors.As(err, &overflow) || !strings.Contains(err.Error(), `tensor "x" has the value 70000`) {
		t.Errorf("%v", err)
	}
}
