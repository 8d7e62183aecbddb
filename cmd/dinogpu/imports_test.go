package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/dinogpu/dinogpu"

// Who may import whom, within this module: down only. A package of the module
// that stands not here fails the test, so that the table stays whole.
var mayImport = map[string][]string{
	"testdata":               {},
	"testdata/golden":        {},
	"testdata/hostile":       {},
	"testdata/desktop":       {},
	"shaders":                {},
	"layers/ref":             {},
	"gpu":                    {},
	"dino/disk":              {},
	"augment/decode":         {},
	"augment":                {"augment/decode", "testdata"},
	"layers":                 {"gpu", "shaders", "layers/ref"},
	"layers/tuning":          {"layers", "gpu", "dino/disk"},
	"dino/settings":          {"layers", "dino/disk"},
	"dino/study":             {"dino/settings"},
	"dino/weights":           {"layers", "gpu", "dino/settings", "dino/disk", "dino/weights/dtype", "dino/weights/torchfile"},
	"dino/weights/dtype":     {},
	"dino/weights/torchfile": {"layers", "dino/disk", "dino/weights/dtype"},
	"dino/weights/released":  {"layers", "dino/settings", "dino/weights", "dino/disk"},
	"dino/weights/onnx":      {"layers", "dino/weights/dtype"},
	"dino/weights/export": {
		"layers", "dino/settings", "dino/disk", "dino/weights", "dino/weights/onnx", "dino/weights/torchfile", "dino/weights/dtype",
	},
	"dino": {"layers", "gpu", "augment", "dino/settings"},
	"dino/run": {
		"layers", "layers/tuning", "gpu", "augment", "dino", "dino/settings", "dino/weights", "dino/disk",
	},
	"eval": {
		"layers", "gpu", "shaders", "augment", "dino", "dino/settings", "dino/weights", "dino/weights/torchfile", "dino/disk",
		"eval/sample", // its tests
	},
	"eval/featurecache": {"layers", "dino/disk"},
	"eval/results":      {"dino/disk"},
	"eval/featurefile":  {"dino/disk"},
	"eval/sample":       {"augment", "augment/decode", "dino/disk"}, // decode: its test
	"viewer":            {"augment", "dino/disk"},
	"viewer/explore": {
		"layers", "gpu", "augment", "augment/decode", "dino", "dino/settings", "dino/weights", "dino/disk", "eval", "eval/featurefile",
		"viewer",
	},
	"viewer/window":      {"gpu", "viewer"},
	"viewer/report":      {"dino", "dino/run", "dino/weights", "dino/settings", "dino/disk", "eval/results"},
	"viewer/report/live": {"viewer/report", "dino/run", "dino/settings", "dino/disk"},
	"cmd/dinogpu": {
		"layers", "layers/tuning", "gpu", "shaders", "augment", "dino", "dino/settings", "dino/study", "dino/weights", "dino/weights/released", "dino/weights/export",
		"dino/run", "dino/disk", "eval", "eval/featurecache", "eval/featurefile", "eval/results", "eval/sample", "viewer", "viewer/explore", "viewer/window", "viewer/report", "viewer/report/live", "testdata",
	},
}

// forTests read golden files for tests, try readers and show windows, so they may import package testing, and stand in no
// list above: only tests may import them.
var forTests = []string{"testdata/golden", "testdata/hostile", "testdata/desktop"}

// Outside packages that only some of ours may import: the binding is kept in
// one place so that it can be replaced, the command line out of the library.
var keptIn = map[string][]string{
	"github.com/cogentcore/webgpu": {"gpu", "viewer/window"},
	"github.com/go-gl/glfw":        {"viewer/window"},
	"github.com/alecthomas/kong":   {"cmd/dinogpu"},
	"github.com/bep/imagemeta":     {"augment/decode"}, // how a camera was held
	"gonum.org/v1/gonum":           {"eval"},           // eigenvectors
	"golang.org/x/term":            {"cmd/dinogpu"},
	"github.com/gen2brain/jpegn":   {"augment/decode"}, // registers itself with package image
	"golang.org/x/image/bmp":       {"augment/decode"}, // so do these
	"golang.org/x/image/tiff":      {"augment/decode"},
	"golang.org/x/image/webp":      {"augment/decode"},
	"google.golang.org/protobuf":   {"dino/run", "dino/weights/onnx"}, // the wire format of TensorBoard's events and of ONNX
	"github.com/gofrs/flock":       {"dino/run", "dino/weights/released"},
	"github.com/kelindar/binary":   {"dino/weights"}, // unsafe on bytes that nobody checked
	"go.yaml.in/yaml":              {"dino/settings"},
	"gonum.org/v1/plot":            {"viewer/report"},
	"golang.org/x/sys":             {"dino/disk", "cmd/dinogpu"}, // the command: Windows consoles and jobs, and its tests of terminals
}

type goPackage struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	args := []string{"list", "-tags", "window", "-json=ImportPath,Imports,TestImports,XTestImports", module + "/...", module + "/testdata"}
	for _, path := range forTests {
		args = append(args, module+"/"+path)
	}
	cmd := exec.Command("go", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	var packages []goPackage
	decoder := json.NewDecoder(bytes.NewReader(out))
	for {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

func TestImportsPointDown(t *testing.T) {
	packages := listPackages(t)
	if len(packages) < 4 {
		t.Fatalf("go list found %d packages", len(packages))
	}
	for _, p := range packages {
		from := strings.TrimPrefix(p.ImportPath, module+"/")
		allowed, known := mayImport[from]
		if !known {
			t.Errorf("%s is not in the table of imports", from)
			continue
		}
		for _, only := range forTests {
			if slices.Contains(allowed, only) {
				t.Errorf("the table lets %s import %s, which is for tests alone", from, only)
			}
		}
		// Tests follow the same table; beside it they may read testdata and import what is for them.
		for _, list := range []struct {
			imports []string
			also    []string
		}{
			{p.Imports, nil},
			{append(p.TestImports, p.XTestImports...), append([]string{from, "testdata"}, forTests...)},
		} {
			for _, path := range list.imports {
				checkImport(t, from, path, append(list.also, allowed...))
			}
		}
	}
}

func checkImport(t *testing.T, from, path string, allowed []string) {
	t.Helper()
	if to, ours := strings.CutPrefix(path, module+"/"); ours && !slices.Contains(allowed, to) {
		t.Errorf("%s imports %s, which does not lie below it", from, to)
	}
	for outside, keepers := range keptIn {
		if (path == outside || strings.HasPrefix(path, outside+"/")) && !slices.Contains(keepers, from) {
			t.Errorf("%s imports %s; only %s may", from, path, strings.Join(keepers, " and "))
		}
	}
}
