package gpu

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// A Kernel is one compute shader with its constants fixed, and its twin in Go.
type Kernel struct {
	Name   string
	Source string   // complete WGSL, entry point main
	Params []uint32 // contents of the uniform that is bound last, if the source has one
	Groups [3]int   // workgroups on each axis
	Trips  int      // loop turns of the busiest invocation, all loops together
	Flops  int      // 2 per multiply-add
	// Tolerance is the normalized mean square error that Check allows against the twin.
	Tolerance float64
	// Twin does the kernel's work on the host. args are the bound tensors in the order of their bindings.
	Twin func(args [][]float32)
	// Sample, where a kernel has it, does a part of Twin's work, for shapes that would take the host too long: it writes
	// some elements of each tensor that the kernel writes, and returns which, one entry per argument.
	Sample func(args [][]float32) [][]int
	// Info is a note from the layer that records the kernel, of a type of its own, for whoever reads a program.
	Info any
}

type access int

const (
	readOnly access = iota
	readWrite
	uniform
	texel
	sampler // of textures: to the nearest texel, clamped at the edge
)

// A binding is one @binding line of a kernel's source.
type binding struct {
	name   string
	access access
}

var (
	bindingLine   = regexp.MustCompile(`@group\(0\)\s*@binding\((\d+)\)\s*var(?:<([^>]*)>)?\s+(\w+)\s*:\s*([^;]+);`)
	workgroupLine = regexp.MustCompile(`var<workgroup>\s+(\w+)\s*:\s*([^;]+);`)
	sizeLine      = regexp.MustCompile(`@workgroup_size\(([^)]*)\)`)
	constLine     = regexp.MustCompile(`const\s+(\w+)(?:\s*:\s*u32)?\s*=\s*(\d+)u?\s*;`)
)

// facts are what a kernel's source says about itself.
type facts struct {
	bindings    []binding
	invocations int
	shared      int // bytes of workgroup memory
	err         error
}

var factsOf sync.Map // source text to facts: a pure function, remembered

func (k Kernel) facts() facts {
	if f, ok := factsOf.Load(k.Source); ok {
		return f.(facts)
	}
	f := readFacts(k.Source)
	factsOf.Store(k.Source, f)
	return f
}

func readFacts(source string) facts {
	var f facts
	consts := map[string]int{}
	for _, m := range constLine.FindAllStringSubmatch(source, -1) {
		consts[m[1]], _ = strconv.Atoi(m[2])
	}
	number := func(s string) int {
		s = strings.TrimSuffix(strings.TrimSpace(s), "u")
		if n, err := strconv.Atoi(s); err == nil {
			return n
		}
		if n, ok := consts[s]; ok {
			return n
		}
		f.err = fmt.Errorf("%q is neither a number nor a constant of the source", s)
		return 0
	}
	for i, m := range bindingLine.FindAllStringSubmatch(source, -1) {
		if m[1] != strconv.Itoa(i) {
			f.err = fmt.Errorf("binding %s stands where %d should", m[1], i)
		}
		b := binding{name: m[3]}
		switch kind := strings.ReplaceAll(m[2], " ", ""); {
		case kind == "storage,read_write":
			b.access = readWrite
		case kind == "storage,read" || kind == "storage":
			b.access = readOnly
		case kind == "uniform":
			b.access = uniform
		case kind == "" && strings.HasPrefix(m[4], "texture_2d"):
			b.access = texel
		case kind == "" && strings.TrimSpace(m[4]) == "sampler":
			b.access = sampler
		default:
			f.err = fmt.Errorf("binding %s: var<%s> is not supported", m[3], m[2])
		}
		f.bindings = append(f.bindings, b)
	}
	for _, m := range workgroupLine.FindAllStringSubmatch(source, -1) {
		f.shared += workgroupBytes(m[2], number)
	}
	f.invocations = 1
	if m := sizeLine.FindStringSubmatch(source); m != nil {
		for _, s := range strings.Split(m[1], ",") {
			f.invocations *= number(s)
		}
	} else {
		f.err = fmt.Errorf("no @workgroup_size")
	}
	return f
}

// workgroupBytes is the memory of a variable of this type; arrays may hold arrays.
func workgroupBytes(kind string, number func(string) int) int {
	kind = strings.TrimSpace(kind)
	if inner, ok := strings.CutPrefix(kind, "array<"); ok {
		if at := strings.LastIndex(inner, ","); at >= 0 {
			return number(strings.TrimSuffix(inner[at+1:], ">")) * workgroupBytes(inner[:at], number)
		}
	}
	switch kind {
	case "f32", "u32", "i32":
		return 4
	case "vec2f", "vec2<f32>":
		return 8
	}
	return 16
}

// tensors is the number of bindings that take a tensor; a uniform and a sampler follow them, in this order.
func (f facts) tensors() int {
	n := len(f.bindings)
	for _, last := range []access{sampler, uniform} {
		if n > 0 && f.bindings[n-1].access == last {
			n--
		}
	}
	return n
}

// check finds mistakes that WebGPU would reject vaguely, or not at all. A need beyond a limit, of which a binding's is
// given in bytes, is a LimitError.
func (k Kernel) check(args []Tensor, binding int) error {
	f := k.facts()
	if err := k.mistakes(f, args); err != nil {
		return fmt.Errorf("kernel %s: %w", k.Name, err)
	}
	return k.limits(f, args, binding)
}

// mistakes finds errors that no device allows.
func (k Kernel) mistakes(f facts, args []Tensor) error {
	if f.err != nil {
		return f.err
	}
	want := f.tensors()
	if len(f.bindings) > want && f.bindings[want].access == uniform {
		if len(k.Params) == 0 {
			return fmt.Errorf("the source has a uniform and the kernel has no Params")
		}
	}
	if len(args) != want {
		return fmt.Errorf("the source binds %d tensors, %d were given", want, len(args))
	}
	for i, n := range k.Groups {
		if n < 1 {
			return fmt.Errorf("%d workgroups on axis %d: at least 1 is needed", n, i)
		}
	}
	for i, a := range args {
		b := f.bindings[i]
		switch {
		case a.mem == nil:
			return fmt.Errorf("%s: no tensor", b.name)
		case a.Len() < 1:
			return fmt.Errorf("%s: tensor %s %v is empty", b.name, a.Name, a.Shape)
		case b.access != texel && a.offset%Align != 0:
			return fmt.Errorf("%s: tensor %s starts at element %d, not at a multiple of %d", b.name, a.Name, a.offset, Align)
		case b.access == texel && a.offset%4 != 0:
			return fmt.Errorf("%s: tensor %s starts at element %d, not at a multiple of 4", b.name, a.Name, a.offset)
		}
		for j, o := range args[:i] {
			if b.access != texel && f.bindings[j].access != texel && a.mem == o.mem &&
				(b.access == readWrite || f.bindings[j].access == readWrite) {
				if f.bindings[j].access != b.access || overlap(a, o) {
					return fmt.Errorf("tensors %s and %s share memory and one is written", o.Name, a.Name)
				}
			}
		}
	}
	return nil
}

func overlap(a, b Tensor) bool {
	return a.offset < b.offset+b.bytes()/4 && b.offset < a.offset+a.bytes()/4
}
