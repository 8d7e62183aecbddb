//go:build ignore

// Rust writes rust.txt, the notices of the crates in the binding's static library, by crates.txt, which names them. It
// needs cargo, which fetches each crate.
//
// When the binding changes, make crates.txt anew: .ci/notices.go names the crates and versions that the library tells of
// (in the paths of its panics), `nm` shows those that it does not (c++filt --format=rust), and `cargo tree` for wgpu-core
// of that version gives theirs.
//
//	go run .ci/notices/rust.go
package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const intro = `
==============================================================================
wgpu-native, wgpu and what they are made of

The binding to the GPU, %s of the Go modules above, holds a static library
of wgpu-native 0.19.4.1 (linux/amd64, windows/amd64; of wgpu at 87576b7) or 22.1
(linux/arm64; of wgpu at 5c5c8b1), https://github.com/gfx-rs/wgpu-native, which
is under the MIT license or the Apache license 2.0, as wgpu is. It was built
with Rust, whose standard library is under the same two, copyright The Rust
Project Contributors, and from the crates below; some are on one system only.
Where a crate offers a choice of licenses, MIT is taken. Crates that came
without a license text are listed with their authors.

`

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "rust:", err)
		os.Exit(1)
	}
}

func run() error {
	list, err := os.ReadFile(".ci/notices/crates.txt")
	if err != nil {
		return err
	}
	version, err := exec.Command("go", "list", "-m", "github.com/cogentcore/webgpu").Output()
	if err != nil {
		return err
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, intro, strings.TrimSpace(string(version)))
	var order []string
	crates := map[string][]string{} // by license text
	apache := ""
	for line := range strings.Lines(string(list)) {
		name, version, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || name == "#" {
			continue
		}
		dir, err := fetch(name, version)
		if err != nil {
			return err
		}
		manifest, err := os.ReadFile(filepath.Join(dir, "Cargo.toml"))
		if err != nil {
			return err
		}
		offered := field(manifest, "license")
		if offered == "" {
			return fmt.Errorf("%s %s names no license", name, version)
		}
		fmt.Fprintf(&out, "%s %s: %s\n", name, version, offered)
		text, err := chosen(dir, offered)
		if err != nil {
			return err
		}
		switch {
		case text == "":
			fmt.Fprintf(&out, "    by %s\n", field(manifest, "authors"))
		case strings.Contains(offered, "Apache") && !strings.Contains(offered, "MIT"):
			apache = text // of glutin_wgl_sys: the text alone
		default:
			if crates[text] == nil {
				order = append(order, text)
			}
			crates[text] = append(crates[text], name+" "+version)
		}
	}
	for _, text := range order {
		fmt.Fprintf(&out, "\n%s\n%s\n\n%s\n", strings.Repeat("-", 78), strings.Join(crates[text], ", "), text)
	}
	if apache == "" {
		return fmt.Errorf("no crate brought the Apache license's text")
	}
	fmt.Fprintf(&out, "\n%s\nCrates under the Apache license 2.0 alone, and those without a text of their own\n\n%s\n", strings.Repeat("-", 78), apache)
	return os.WriteFile(".ci/notices/rust.txt", out.Bytes(), 0o644)
}

// fetch has cargo put a crate into its store, and gives the folder.
func fetch(name, version string) (string, error) {
	home := os.Getenv("CARGO_HOME")
	if home == "" {
		user, err := os.UserHomeDir()
		if err != nil {
			return "", err
		}
		home = filepath.Join(user, ".cargo")
	}
	pattern := filepath.Join(home, "registry", "src", "*", name+"-"+version)
	if dirs, _ := filepath.Glob(pattern); len(dirs) > 0 {
		return dirs[0], nil
	}
	if out, err := exec.Command("cargo", "info", "-q", name+"@"+version).CombinedOutput(); err != nil {
		return "", fmt.Errorf("cargo info %s@%s: %w: %s", name, version, err, out)
	}
	dirs, _ := filepath.Glob(pattern)
	if len(dirs) == 0 {
		return "", fmt.Errorf("cargo left no %s", pattern)
	}
	return dirs[0], nil
}

// field gives a string, or a list's strings, of a manifest that cargo wrote.
func field(manifest []byte, name string) string {
	match := regexp.MustCompile(`(?ms)^` + name + ` = (\[.*?\]|"[^"]*")`).FindSubmatch(manifest)
	if match == nil {
		return ""
	}
	var words []string
	for _, word := range regexp.MustCompile(`"([^"]*)"`).FindAllSubmatch(match[1], -1) {
		words = append(words, string(word[1]))
	}
	return strings.Join(words, ", ")
}

var file = regexp.MustCompile(`(?i)^(licen[cs]e|copying|copyright|notice)`)

// chosen gives the text of MIT where the crate has it, else all of its texts.
func chosen(dir, offered string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() && file.MatchString(e.Name()) {
			names = append(names, e.Name())
		}
	}
	mit := slices.IndexFunc(names, func(name string) bool { return strings.Contains(strings.ToUpper(name), "MIT") })
	if mit >= 0 && strings.Contains(offered, "MIT") {
		names = names[mit : mit+1]
	}
	var texts []string
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return "", err
		}
		texts = append(texts, strings.TrimSpace(strings.ReplaceAll(string(data), "\r\n", "\n")))
	}
	return strings.Join(texts, "\n\n"), nil
}
