//go:build ignore

// Typecheck looks at packages, their tests and all that they import with the eyes of other systems, whose C compilers
// need not be there: files that use cgo are checked with a stand-in for "C".
//
//	go run .ci/typecheck.go darwin/arm64,windows/arm64 ./...
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A listed is what go list says of a package.
type listed struct {
	ImportPath, Dir   string
	GoFiles, CgoFiles []string
	ImportMap         map[string]string
	Standard, DepOnly bool
}

func main() {
	failed := false
	for _, platform := range strings.Split(os.Args[1], ",") {
		packages, faults, err := check(platform, os.Args[2:])
		if err != nil {
			fmt.Fprintln(os.Stderr, platform+":", err)
			os.Exit(1)
		}
		for _, fault := range faults {
			fmt.Println(platform+":", fault)
		}
		fmt.Printf("%s: %d packages and tests type-checked, %d faults\n", platform, packages, len(faults))
		failed = failed || len(faults) > 0
	}
	if failed {
		os.Exit(1)
	}
}

// check counts the packages that the patterns name, and gives what is wrong with them.
func check(platform string, patterns []string) (packages int, faults []error, err error) {
	system, arch, _ := strings.Cut(platform, "/")
	list := exec.Command("go", append([]string{"list", "-deps", "-test", "-json"}, patterns...)...)
	list.Env = append(os.Environ(), "CGO_ENABLED=1", "GOOS="+system, "GOARCH="+arch)
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		return 0, nil, err
	}
	known := importer{"unsafe": types.Unsafe}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages, faults, nil
		} else if err != nil {
			return packages, faults, err
		}
		if p.ImportPath == "unsafe" || strings.HasSuffix(p.ImportPath, ".test") { // the latter is generated
			continue
		}
		faults = append(faults, known.add(p, arch)...)
		if !p.DepOnly {
			packages++
		}
	}
}

// An importer holds the packages that were checked; go list gives each after those that it imports.
type importer map[string]*types.Package

func (i importer) Import(path string) (*types.Package, error) {
	if p := i[path]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("no package %s", path)
}

// mapped is an importer as one package sees it: with tests among its imports.
type mapped struct {
	importer
	names map[string]string
}

func (m mapped) Import(path string) (*types.Package, error) {
	if name, ok := m.names[path]; ok {
		path = name
	}
	return m.importer.Import(path)
}

func (i importer) add(p listed, arch string) (faults []error) {
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range slices.Concat(p.GoFiles, p.CgoFiles) {
		file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return []error{err}
		}
		files = append(files, file)
	}
	config := types.Config{
		FakeImportC: true, IgnoreFuncBodies: p.Standard, Sizes: types.SizesFor("gc", arch), Importer: mapped{i, p.ImportMap},
		Error: func(err error) {
			if !p.Standard {
				faults = append(faults, err)
			}
		},
	}
	i[p.ImportPath], _ = config.Check(strings.Fields(p.ImportPath)[0], fset, files, nil) // Error has heard
	return faults
}
