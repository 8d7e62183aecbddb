package torchfile

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dinogpu/dinogpu/testdata/golden"
	"github.com/dinogpu/dinogpu/testdata/hostile"
)

// plainPickles are what Python wrote (testdata/gnd/make.py): lists, and NumPy's arrays and numbers of several types.
var plainPickles = []string{"lists_protocol2", "arrays_protocol2", "arrays_protocol4", "arrays_protocol5", "scalars_protocol3"}

func plainSeed(t *testing.T, name string) string {
	t.Helper()
	return golden.Path(t, "../gnd/"+name+".pkl")
}

// Whatever way Python wrote it, a pickle holds what the JSON beside it does.
func TestReadPickle(t *testing.T) {
	raw, err := os.ReadFile(golden.Path(t, "../gnd/lists.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want any
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	for _, name := range plainPickles {
		got, err := ReadPickle(plainSeed(t, name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		text, err := json.Marshal(got) // arrays and numbers of any type become JSON's
		if err != nil {
			t.Fatal(err)
		}
		var plain any
		if err := json.Unmarshal(text, &plain); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, plain); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// Values at the bounds of their types, and text as Python 2 wrote it.
func TestReadPickleValues(t *testing.T) {
	dtype := func(code, order string) string {
		return "cnumpy\ndtype\nU" + string(rune(len(code))) + code + "\x85R(K\x03U\x01" + order + "NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
	}
	scalar := func(code, order, raw string) string {
		return "cnumpy.core.multiarray\nscalar\n" + dtype(code, order) + "U" + string(rune(len(raw))) + raw + "\x86R"
	}
	for pickle, want := range map[string]any{
		"U\x02ab": "ab", "N": nil, "\x88": true, "K\x01K\x02\x86": []any{int64(1), int64(2)},
		"}U\x01aK\x01sU\x01aK\x02s":                           map[string]any{"a": int64(2)},
		scalar("i1", "|", "\xff"):                             int64(-1),
		scalar("i2", "<", "\xfe\xff"):                         int64(-2),
		scalar("i2", ">", "\x80\x00"):                         int64(-1 << 15),
		scalar("u4", "<", "\xff\xff\xff\xff"):                 int64(1<<32 - 1),
		scalar("f8", "<", "\x00\x00\x00\x00\x00\x00\xf8\x3f"): 1.5,
		scalar("f4", ">", "\x3f\xc0\x00\x00"):                 1.5,
		scalar("b1", "|", "\x01"):                             int64(1),
	} {
		path := filepath.Join(t.TempDir(), "x.pkl")
		if err := os.WriteFile(path, []byte("\x80\x02"+pickle+"."), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := ReadPickle(path)
		if err != nil {
			t.Errorf("%q: %v", pickle, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", pickle, diff)
		}
	}
}

// What is no plain data is refused in one sentence, and nothing of it runs.
func TestReadPickleRefuses(t *testing.T) {
	array := "cnumpy.core.multiarray\n_reconstruct\n)R"
	for pickle, word := range map[string]string{
		"cposix\nsystem\nU\x04true\x85R.": "posix.system",
		"cargparse\nNamespace\n)R.":       "argparse.Namespace",
		"cnumpy\ndtype\nU\x02O8\x85R.":    "other values than numbers",
		"cnumpy\ndtype\n)R.":              "arguments that do not fit",
		array + "(K\x01)NNNtb.":           "arguments that do not fit",
		array + "(K\x01K\x03\x85cnumpy\ndtype\nU\x02i1\x85RI00\nU\x02abtb.":                                      "opcode",
		array + "(K\x01K\x03\x85cnumpy\ndtype\nU\x02i1\x85R\x89U\x02abtb.":                                       "arguments that do not fit",
		"cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nU\x02u8\x85RU\x08\xff\xff\xff\xff\xff\xff\xff\xff\x86R.": "63 bits",
		"}K\x01K\x02s.":        "key that is no text",
		"]q\x00h\x00a.":        "too deep",
		"N.N.":                 "bytes more than its pickle",
		"T\xff\xff\xff\x7fab.": "asks for",
		"\x8f.":                "neither a dictionary",
		"":                     "0 are left",
	} {
		err := hostile.Try(t, []byte("\x80\x02"+pickle), func(path string) error { _, err := ReadPickle(path); return err })
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%q: %v, want %q", pickle, err, word)
		}
	}
	// Lists that hold each other twice would be endless.
	bomb := "\x80\x02]q\x00" + strings.Repeat("](h\x00h\x00eq\x00", 60) + "."
	if err := hostile.Try(t, []byte(bomb), func(path string) error { _, err := ReadPickle(path); return err }); err == nil {
		t.Error("lists that hold each other sixty times twice are read")
	}
}

func TestMutatedPlainPickles(t *testing.T) {
	var seeds [][]byte
	for _, name := range plainPickles {
		seed, err := os.ReadFile(plainSeed(t, name))
		if err != nil {
			t.Fatal(err)
		}
		seeds = append(seeds, seed)
	}
	hostile.Mutate(t, seeds, 2*time.Second, func(path string) error { _, err := ReadPickle(path); return err })
}
