package main

import (
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
)

// leastLimits are what DX12's and Metal's devices have at least, as WebGPU's defaults.
var leastLimits = map[string]int{
	"storage buffers": 8, "uniform buffers": 1, "textures": 16, "samplers": 16,
	"bytes of workgroup memory": 16384, "invocations": 256, "workgroups along an axis": 65535,
}

// needs counts what a kernel takes of each limit from its text, apart from what package gpu makes of it.
func needs(k gpu.Kernel) (map[string]int, error) {
	n := map[string]int{
		"storage buffers": strings.Count(k.Source, "var<storage"), "uniform buffers": strings.Count(k.Source, "var<uniform>"),
		"textures": strings.Count(k.Source, ": texture_"), "samplers": strings.Count(k.Source, ": sampler;"),
		"workgroups along an axis": max(k.Groups[0], k.Groups[1], k.Groups[2]), "invocations": 1,
	}
	consts := map[string]string{}
	for _, m := range regexp.MustCompile(`const\s+(\w+)[^=;]*=\s*([^;]+);`).FindAllStringSubmatch(k.Source, -1) {
		consts[m[1]] = m[2]
	}
	number := func(s string) (int, error) {
		s = strings.TrimSpace(s)
		if c, ok := consts[s]; ok {
			s = c
		}
		return strconv.Atoi(strings.TrimSuffix(s, "u"))
	}
	size := regexp.MustCompile(`@workgroup_size\(([^)]+)\)`).FindStringSubmatch(k.Source)
	if size == nil {
		return nil, fmt.Errorf("no workgroup size")
	}
	for s := range strings.SplitSeq(size[1], ",") {
		side, err := number(s)
		if err != nil {
			return nil, err
		}
		n["invocations"] *= side
	}
	sizes := map[string]int{"f32": 4, "u32": 4, "i32": 4, "bool": 4, "vec2f": 8, "vec2u": 8, "vec4f": 16, "vec4u": 16}
	array := regexp.MustCompile(`array<(\w+),([^,<>]+)>`)
	found := 0
	for _, m := range regexp.MustCompile(`var<workgroup>\s*(\w+)\s*:([^;]+);`).FindAllStringSubmatch(k.Source, -1) {
		kind := strings.TrimSpace(m[2])
		for array.MatchString(kind) { // the innermost first, as a type of its own
			a := array.FindStringSubmatch(kind)
			count, err := number(a[2])
			if err != nil || sizes[a[1]] == 0 {
				return nil, fmt.Errorf("workgroup memory %s: %v", m[0], err)
			}
			name := fmt.Sprint("array", len(sizes))
			sizes[name] = count * sizes[a[1]]
			kind = strings.Replace(kind, a[0], name, 1)
		}
		if sizes[kind] == 0 {
			return nil, fmt.Errorf("workgroup memory %s: what is %s?", m[0], kind)
		}
		n["bytes of workgroup memory"] += (sizes[kind] + 15) / 16 * 16
		found++
	}
	if found != strings.Count(k.Source, "var<workgroup>") {
		return nil, fmt.Errorf("%d of its arrays in workgroup memory were read", found)
	}
	return n, nil
}

// over names the limits that a kernel passes.
func over(k gpu.Kernel) (passed []string) {
	n, err := needs(k)
	if err != nil {
		return []string{err.Error()}
	}
	for what, most := range leastLimits {
		if n[what] > most {
			passed = append(passed, fmt.Sprintf("%d %s, %d are there", n[what], what, most))
		}
	}
	return passed
}

// Every kernel of every preset, for every target and with every matmul that tuning may choose, runs within the limits of any
// DX12 or Metal device. It is recorded without one. Copies into textures begin where DX12 allows it, or recording would fail.
func TestKernelsKeepTheLimitsOfEveryGPU(t *testing.T) {
	type id struct {
		groups [3]int
		source string
	}
	quiet, names, kernels, most := &console{w: io.Discard}, map[string]bool{}, map[id]bool{}, map[string]int{}
	var mu sync.Mutex
	see := func(where string) func(gpu.Kernel) {
		return func(k gpu.Kernel) {
			mu.Lock()
			defer mu.Unlock()
			id := id{k.Groups, k.Source}
			if kernels[id] {
				return
			}
			kernels[id], names[k.Name] = true, true
			for _, p := range over(k) {
				t.Errorf("%s: %s needs %s", where, k.Name, p)
			}
			n, _ := needs(k)
			for what := range n {
				most[what] = max(most[what], n[what])
			}
		}
	}
	record := func(where string, s settings.Settings, target gpu.Target) {
		tr, err := recordWhatFits(&s, target, quiet)
		if err != nil {
			t.Errorf("%s: %v", where, err)
			return
		}
		for _, p := range tr.Programs() {
			p.Each(func(k gpu.Kernel, _ []gpu.Tensor) { see(where)(k) })
		}
	}
	texels := gpu.DX12Target
	texels.Matmul = gpu.Texel // as --matmul forces it
	presets := func(t *testing.T) {
		for _, preset := range settings.Presets() {
			t.Run(preset.Name, func(t *testing.T) {
				t.Parallel()
				s, err := settings.FromPreset(preset.Name)
				if err != nil {
					t.Fatal(err)
				}
				shallow := s
				shallow.Config.Depth = 2 // deeper blocks have the kernels of the second
				whole := s               // the optimizer's kernels have all blocks before them, whatever the batch
				whole.Config.BatchSize, whole.Config.LocalCropsNumber, whole.Run.Crops = 1, 1, settings.CropsTogether
				methods := shallow
				for methods.Config.BatchSize&(methods.Config.BatchSize-1) != 0 { // a queue takes whole batches
					methods.Config.BatchSize--
				}
				for name, target := range map[string]gpu.Target{"software": gpu.SoftwareTarget, "gpu": gpu.GPUTarget, "dx12": gpu.DX12Target} {
					where := preset.Name + " on " + name
					if err := eachKernel(shallow, target, quiet, see(where)); err != nil {
						t.Errorf("%s: %v", where, err)
					}
					if err := methodKernels(methods, target, quiet, see(where)); err != nil {
						t.Errorf("%s: %v", where, err)
					}
					record(where, whole, target)
				}
				record(preset.Name+" on dx12 with texels", shallow, texels)
				record(preset.Name+" on a desktop's GPU", shallow, gpu.DesktopTarget())
			})
		}
	}
	if !t.Run("presets", presets) {
		return
	}
	t.Logf("%d kernels and grids; the most of each: %v", len(kernels), most)
	for _, name := range []string{"matmul_tile", "matmul_register", "matmul_texel", "attention_forward_tile", "attention_forward_texel", "adamw", "knn_topk"} {
		if !names[name] {
			t.Errorf("%s was not seen", name)
		}
	}
}

// What counts the limits sees each of them passed.
func TestLimitsAreCounted(t *testing.T) {
	kernel := gpu.Kernel{
		Groups: [3]int{65535, 65535, 1},
		Source: "const ROWS = 64u;\n" + strings.Repeat("@group(0) @binding(0) var<storage, read> x: array<f32>;\n", 8) +
			"@group(0) @binding(8) var<uniform> p: P;\n@group(0) @binding(9) var a: texture_2d<f32>;\n" +
			"var<workgroup> a: array<array<vec4f, 15>, ROWS>;\nvar<workgroup> b: array<f32, 255>;\n@compute @workgroup_size(4, ROWS) fn main() {}\n",
	}
	if got := over(kernel); len(got) > 0 {
		t.Errorf("a kernel that just keeps the limits passes %v", got)
	}
	change := func(from, to string) gpu.Kernel {
		k := kernel
		if k.Source = strings.Replace(k.Source, from, to, 1); k.Source == kernel.Source {
			t.Fatalf("%q is not there", from)
		}
		return k
	}
	wide := kernel
	wide.Groups[1] = 65536
	for want, k := range map[string]gpu.Kernel{
		"9 storage buffers":               change("const", "@binding(10) var<storage, read_write> y: array<f32>;\nconst"),
		"2 uniform buffers":               change("const", "@binding(10) var<uniform> q: P;\nconst"),
		"17 textures":                     change("const", strings.Repeat("@binding(10) var c: texture_2d<f32>;\n", 16)+"const"),
		"17 samplers":                     change("const", strings.Repeat("@binding(10) var c: sampler;\n", 17)+"const"),
		"16400 bytes of workgroup memory": change("255>", "257>"),
		"17408 bytes of workgroup memory": change("15>", "16>"),
		"320 invocations":                 change("(4,", "(5,"),
		"65536 workgroups along an axis":  wide,
		"no workgroup size":               change("@workgroup_size(4, ROWS)", ""),
		"what is mat4x4f?":                change("array<f32, 255>", "mat4x4f"),
	} {
		if got := over(k); len(got) != 1 || !strings.Contains(got[0], want) {
			t.Errorf("it passes %v, want %s", got, want)
		}
	}
}
