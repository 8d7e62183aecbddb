package torchfile

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Ways to save a tensor that PyTorch 1.13 does not have, or no longer: each is a tensor of 4 elements called "a".
func TestOtherVersionsTensors(t *testing.T) {
	const (
		bytes16 = "(U\x07storagectorch.storage\nUntypedStorage\nU\x010U\x03cpuK\x10tQ"
		args    = "K\x00K\x04\x85K\x01\x85" // offset, shape, strides
		v2      = "ctorch._utils\n_rebuild_tensor_v2\n"
		v3      = "ctorch._utils\n_rebuild_tensor_v3\n"
		noHooks = "\x89ccollections\nOrderedDict\n)R"
		plain   = v2 + "(" + storage0 + args + noHooks + "tR"
	)
	ones, words := "\x01\x00\x00\x00", "\x00\x00\x80\x3f\x00\x00\x00\x40\x00\x00\x40\x40\x00\x00\x80\x40"
	for what, c := range map[string]struct {
		tensor, dtype, data string
		want                []float32
	}{
		"before v2":              {"ctorch._utils\n_rebuild_tensor\n(" + storage0 + args + "tR", "F32", words, []float32{1, 2, 3, 4}},
		"with metadata":          {v2 + "(" + storage0 + args + noHooks + "}tR", "F32", words, []float32{1, 2, 3, 4}},
		"v3, unsigned 16":        {v3 + "(" + bytes16 + args + noHooks + "ctorch\nuint16\ntR", "U16", "\x01\x00\xff\xff\x00\x01\x02\x00", []float32{1, 65535, 256, 2}},
		"v3, unsigned 32":        {v3 + "(" + bytes16 + args + noHooks + "ctorch\nuint32\nNtR", "U32", strings.Repeat(ones, 4), []float32{1, 1, 1, 1}},
		"v3, bfloat16":           {v3 + "(" + bytes16 + args + noHooks + "ctorch\nbfloat16\ntR", "BF16", "\x80\x3f\x00\x40\x40\x40\x80\xc0", []float32{1, 2, 3, -4}},
		"attributes":             {"ctorch._tensor\n_rebuild_from_type_v2\n(" + v2 + "ctorch\nTensor\n(" + storage0 + args + noHooks + "t}tR", "F32", words, []float32{1, 2, 3, 4}},
		"a parameter's":          {"ctorch._utils\n_rebuild_parameter_with_state\n(" + plain + "\x88N}tR", "F32", words, []float32{1, 2, 3, 4}},
		"a parameter of before":  {"ctorch._utils\n_rebuild_parameter\n(" + plain + "\x88NtR", "F32", words, []float32{1, 2, 3, 4}},
		"a shape of torch.Size":  {v2 + "(" + storage0 + "K\x00ctorch\nSize\nK\x04\x85\x85RK\x01\x85tR", "F32", words, []float32{1, 2, 3, 4}},
		"a state that is unused": {plain + "}b", "F32", words, []float32{1, 2, 3, 4}},
	} {
		for _, holder := range []string{
			"}U\x01a" + c.tensor + "s",
			"ccollections\nOrderedDict\n]]U\x01aa" + c.tensor + "aa\x85R",              // as Python 2 wrote it
			"ccollections\nOrderedDict\n](U\x01a" + c.tensor + "\x86e\x85R",            // of pairs
			"ccollections\nCounter\n}U\x01a" + c.tensor + "s\x85R",                     // of a dictionary
			"ccollections\ndefaultdict\ncbuiltins\nlist\n\x85RU\x01a" + c.tensor + "s", // of a class
			"cargparse\nNamespace\n)\x81}U\x01a" + c.tensor + "sb",
		} {
			path := filepath.Join(t.TempDir(), "x.pth")
			data := zipOf(member{"x/data.pkl", proto + holder + "."}, member{"x/data/0", c.data + strings.Repeat("\x00", 64-len(c.data))})
			if err := os.WriteFile(path, data, 0o666); err != nil {
				t.Fatal(err)
			}
			f := open(t, path)
			if len(f.Tensors) != 1 || f.Tensors[0].Name != "a" || f.Tensors[0].DType != c.dtype || !slices.Equal(f.Tensors[0].Shape, []int{4}) {
				t.Errorf("%s in %q: %v", what, holder[:20], f.Tensors)
				continue
			}
			wantValues(t, f, 0, []int{4}, c.want)
		}
	}
}

// Every class that is built is one on purpose.
func TestNothingElseIsBuilt(t *testing.T) {
	for name, c := range classes {
		module, _, ok := strings.Cut(name, ".")
		known := []string{"builtins", "__builtin__", "collections", "argparse", "torch", "numpy", "pathlib", "_codecs"}
		if !ok || !slices.Contains(known, module) || c.call == nil && c.element == nil && !strings.HasPrefix(name, "torch.") && !strings.Contains(name, "builtin") {
			t.Errorf("%s is in the table", name)
		}
	}
	for _, name := range []string{"builtins.eval", "builtins.exec", "builtins.getattr", "os.system", "torch.load", "torch.hub.load", "numpy.load"} {
		if classes[name] != nil {
			t.Errorf("%s is in the table", name)
		}
	}
}
