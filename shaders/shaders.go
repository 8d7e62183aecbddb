// Package shaders holds the WGSL kernels, one file per kernel, and makes their complete text. Begin with [Source]; each
// file's header gives the kernel's formula, shapes and source.
//
// A kernel is a Go text/template, so that a loop that has to be unrolled is written once. Before it is
// expanded, each line "//import x" is replaced by shared/x.wgsl. Each argument whose name is in capitals is
// declared as a u32 constant ahead of the text: most kernels need no template action at all.
package shaders

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"text/template"
)

//go:embed *.wgsl shared/*.wgsl
var files embed.FS

// Args are a kernel's constants (capitals, int) and template arguments.
type Args = map[string]any

var parsed sync.Map // kernel name to its template: a pure function of the embedded files, remembered

var sources sync.Map // name and arguments to the source: a pure function too, called thousands of times per model

// Source returns the complete WGSL of kernel name for these arguments.
func Source(name string, args Args) (string, error) {
	key := fmt.Sprint(name, args) // maps print in the order of their keys
	if s, ok := sources.Load(key); ok {
		return s.(string), nil
	}
	s, err := specialize(name, args)
	if err == nil {
		sources.Store(key, s)
	}
	return s, err
}

func specialize(name string, args Args) (string, error) {
	t, err := parse(name)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "// %s.wgsl, specialized by dinogpu\n", name)
	for _, n := range slices.Sorted(maps.Keys(args)) {
		if v, ok := args[n].(int); ok && n == strings.ToUpper(n) {
			fmt.Fprintf(&b, "const %s: u32 = %du;\n", n, v)
		}
	}
	bindings := 0
	t, err = t.Clone()
	if err != nil {
		return "", fmt.Errorf("shaders: %s: %w", name, err)
	}
	// bind numbers the bindings of a kernel whose arguments decide which bindings it has
	t.Funcs(template.FuncMap{"bind": func() string {
		bindings++
		return fmt.Sprintf("@group(0) @binding(%d)", bindings-1)
	}})
	if err := t.Execute(&b, args); err != nil {
		return "", fmt.Errorf("shaders: %s: %w", name, err)
	}
	return b.String(), nil
}

func parse(name string) (*template.Template, error) {
	if t, ok := parsed.Load(name); ok {
		return t.(*template.Template), nil
	}
	text, err := files.ReadFile(name + ".wgsl")
	if err != nil {
		return nil, fmt.Errorf("shaders: there is no kernel %q", name)
	}
	whole, err := withImports(name, string(text))
	if err != nil {
		return nil, err
	}
	t, err := template.New(name).Option("missingkey=error").Funcs(functions).Parse(whole)
	if err != nil {
		return nil, fmt.Errorf("shaders: %w", err)
	}
	parsed.Store(name, t)
	return t, nil
}

func withImports(name, text string) (string, error) {
	var b strings.Builder
	for line := range strings.Lines(text) {
		imp, ok := strings.CutPrefix(strings.TrimSpace(line), "//import ")
		if !ok {
			b.WriteString(line)
			continue
		}
		inc, err := files.ReadFile("shared/" + imp + ".wgsl")
		if err != nil {
			return "", fmt.Errorf("shaders: %s imports %q, which is not in shared", name, imp)
		}
		nested, err := withImports(imp, string(inc))
		if err != nil {
			return "", err
		}
		b.WriteString(nested)
	}
	return b.String(), nil
}

// GroupsPerRow is the length of a row of a folded grid of workgroups. Kernels count row after row, so that a grid may have
// more workgroups than the 65,535 of one axis.
const GroupsPerRow = 32768

// functions are what templates may call.
var functions = template.FuncMap{
	"groupsPerRow": func() int { return GroupsPerRow },
	"bind":         func() string { return "" },
	// upto n: 0, 1, ... n-1
	"upto": func(n int) []int {
		s := make([]int, n)
		for i := range s {
			s[i] = i
		}
		return s
	},
	"add":  func(a, b int) int { return a + b },
	"sub":  func(a, b int) int { return a - b },
	"mul":  func(a, b int) int { return a * b },
	"div":  func(a, b int) int { return a / b },
	"ceil": func(a, by int) int { return (a + by - 1) / by },
	"mod":  func(a, b int) int { return a % b },
	// dict makes the arguments of a nested template from names and values
	"dict": func(pairs ...any) map[string]any {
		m := map[string]any{}
		for i := 0; i+1 < len(pairs); i += 2 {
			m[fmt.Sprint(pairs[i])] = pairs[i+1]
		}
		return m
	},
	// axis 0..3: the component of a vec4
	"axis": func(i int) string { return "xyzw"[i%4 : i%4+1] },
}
