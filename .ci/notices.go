//go:build ignore

// Notices gathers the license texts of all that the program for a platform is linked from: Go modules and the standard
// library, data that is embedded, wgpu and the Rust crates in it, and MinGW-w64's runtime on Windows. It fails where one
// of them has none, so that nothing is forgotten.
//
//	go run .ci/notices.go linux/amd64,windows/amd64       # checks
//	go run .ci/notices.go linux/amd64 NOTICES             # writes
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const program = "./cmd/dinogpu"

// The binding holds wgpu as a static library, which go list does not see into.
const binding = "github.com/cogentcore/webgpu"

// A listed is what go list says of a package.
type listed struct {
	ImportPath, Dir string
	EmbedFiles      []string
	Standard        bool
	Module          *struct {
		Path, Version, Dir string
		Main               bool
	}
}

// Notices are license texts, each with what it is the text of, in the order in which they were added.
type notices struct {
	texts []string
	names map[string][]string // by text
}

func (n *notices) add(name, file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	text := strings.TrimSpace(strings.ReplaceAll(string(data), "\r\n", "\n"))
	if n.names[text] == nil {
		n.texts = append(n.texts, text)
	}
	if !slices.Contains(n.names[text], name) {
		n.names[text] = append(n.names[text], name)
	}
	return nil
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "notices:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 1 || len(args) > 2 {
		return errors.New("say a platform, as linux/amd64, or several with commas between them, and the file to write if it is one")
	}
	for _, platform := range strings.Split(args[0], ",") {
		text, err := gather(platform)
		if err != nil {
			return fmt.Errorf("%s: %w", platform, err)
		}
		if len(args) == 2 {
			return os.WriteFile(args[1], text, 0o644)
		}
		fmt.Printf("%s: the notices of all that is linked are there, %d KiB\n", platform, len(text)>>10)
	}
	return nil
}

// gather gives the whole text for one platform.
func gather(platform string) ([]byte, error) {
	packages, err := list(platform)
	if err != nil {
		return nil, err
	}
	n := notices{names: map[string][]string{}}
	var missing []string
	modules := map[string]bool{} // whether a license was found
	var native struct{ dir, version string }
	for _, p := range packages {
		if p.Module == nil {
			if !p.Standard {
				return nil, fmt.Errorf("package %s belongs to no module", p.ImportPath)
			}
			continue
		}
		m := p.Module
		if m.Path == binding {
			native.dir, native.version = m.Dir, m.Version
		}
		found, err := n.addPackage(p)
		if err != nil {
			return nil, err
		}
		modules[m.Path] = modules[m.Path] || found
	}
	for path, found := range modules {
		if !found {
			missing = append(missing, path)
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return nil, fmt.Errorf("no license file was found in %s", strings.Join(missing, ", "))
	}
	if err := n.addGo(); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "dinogpu for %s is linked from the following, each under the license that stands below its name.\ndinogpu's own is in LICENSE. Where a text offers the GPL beside another license, the other is taken.\n", platform)
	for _, text := range n.texts {
		fmt.Fprintf(&out, "\n%s\n%s\n\n%s\n", strings.Repeat("=", 78), strings.Join(n.names[text], "\n"), text)
	}
	return appendNative(&out, platform, native.dir, native.version)
}

func list(platform string) (packages []listed, err error) {
	system, arch, _ := strings.Cut(platform, "/")
	command := exec.Command("go", "list", "-deps", "-json=ImportPath,Dir,EmbedFiles,Standard,Module", program)
	command.Env = append(os.Environ(), "CGO_ENABLED=1", "GOOS="+system, "GOARCH="+arch)
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		return nil, err
	}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages, nil
		} else if err != nil {
			return nil, err
		}
		packages = append(packages, p)
	}
}

var (
	license = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents|copyright|authors)([-._].*)?$`)
	folder  = regexp.MustCompile(`(?i)^(licen[cs]es|third_party_licenses)$`)
)

// addPackage looks in the package's folder, in those of what it embeds, and in all above them up to the module's.
func (n *notices) addPackage(p listed) (found bool, err error) {
	start := []string{p.Dir}
	for _, file := range p.EmbedFiles {
		start = append(start, filepath.Dir(filepath.Join(p.Dir, file)))
	}
	for _, dir := range start {
		for ; len(dir) >= len(p.Module.Dir); dir = filepath.Dir(dir) {
			files, err := licenses(dir)
			if err != nil {
				return false, err
			}
			found = found || len(files) > 0
			if p.Module.Main && dir == p.Module.Dir { // LICENSE lies beside the notices
				continue
			}
			name := strings.TrimSpace(p.Module.Path + " " + p.Module.Version)
			if below, _ := filepath.Rel(p.Module.Dir, dir); below != "." {
				name += ", " + filepath.ToSlash(below)
			}
			for _, file := range files {
				if err := n.add(name, file); err != nil {
					return false, err
				}
			}
		}
	}
	return found, nil
}

// licenses gives the files of a folder that tell of rights, and those in a folder of licenses.
func licenses(dir string) (files []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case e.IsDir() && folder.MatchString(e.Name()):
			err := filepath.WalkDir(path, func(path string, d os.DirEntry, err error) error {
				if err == nil && d.Type().IsRegular() {
					files = append(files, path)
				}
				return err
			})
			if err != nil {
				return nil, err
			}
		case e.Type().IsRegular() && license.MatchString(e.Name()) && filepath.Ext(path) != ".go":
			files = append(files, path)
		}
	}
	return files, nil
}

// addGo adds the standard library, which all Go programs hold.
func (n *notices) addGo() error {
	out, err := exec.Command("go", "env", "GOROOT", "GOVERSION").Output()
	if err != nil {
		return err
	}
	root, version, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	for _, file := range []string{"LICENSE", "PATENTS"} {
		if err := n.add("Go's standard library and runtime, "+version, filepath.Join(root, file)); err != nil {
			return fmt.Errorf("%w: Go from https://go.dev/dl has it", err)
		}
	}
	return nil
}

// appendNative adds what lies in native libraries, which rust.txt and mingw.txt tell.
func appendNative(out *bytes.Buffer, platform, dir, version string) ([]byte, error) {
	rust, err := os.ReadFile(".ci/notices/rust.txt")
	if err != nil {
		return nil, err
	}
	if want := binding + " " + version; !bytes.Contains(rust, []byte(want+" ")) {
		return nil, fmt.Errorf(".ci/notices/rust.txt is not for %s: see .ci/notices/rust.go", want)
	}
	library := filepath.Join(dir, "wgpu", "lib", filepath.FromSlash(platform), "libwgpu_native.a")
	if err := covered(library, rust); err != nil {
		return nil, err
	}
	out.Write(rust)
	if strings.HasPrefix(platform, "windows/") {
		mingw, err := os.ReadFile(".ci/notices/mingw.txt")
		if err != nil {
			return nil, err
		}
		out.Write(mingw)
	}
	return out.Bytes(), nil
}

// Panics in the library name their source: .../index.crates.io-6f17d22bba15001f/ash-0.37.3+1.3.251/src/...
var crate = regexp.MustCompile(`(?:index\.crates\.io-[0-9a-f]+|rust[/\\]deps)[/\\]([a-z0-9_-]+?)-([0-9]+\.[0-9]+\.[0-9]+)`)

// covered holds the crates that a library names against the list.
func covered(library string, rust []byte) error {
	data, err := os.ReadFile(library)
	if err != nil {
		return err
	}
	named := map[string]bool{}
	for _, match := range crate.FindAllSubmatch(data, -1) {
		named[string(match[1])+" "+string(match[2])] = true
	}
	if len(named) == 0 {
		return fmt.Errorf("%s names no crates: it was built otherwise than the one that .ci/notices/rust.txt tells of", library)
	}
	var missing []string
	for name := range named {
		if !bytes.Contains(rust, []byte("\n"+name)) {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return fmt.Errorf("%s holds %s, which .ci/notices/rust.txt does not: see .ci/notices/rust.go", library, strings.Join(missing, ", "))
	}
	return nil
}
