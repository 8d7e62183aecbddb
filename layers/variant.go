package layers

import (
	"fmt"
	mathbits "math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/dinogpu/dinogpu/gpu"
)

// A variant is one kernel of the matmul family: a member with fixed sizes.
type variant struct {
	name                string
	member              gpu.Matmul
	rows, cols          int // of C per invocation
	tileM, tileN, depth int // of C per workgroup, and its steps along K: tile only
	lanes               int // invocations per workgroup: register and texel only
	want                int // workgroups that a deep matmul of few blocks is split into; 0 is usualWant
}

const (
	// splitWord stands between a variant's name and the workgroups it wants, where those are not the usual ones.
	splitWord = " split "
	usualWant = 256
)

// splitWants are the workgroups that a split may want besides the usual: WebGPU does not tell how many a device runs at once.
// A card of 28 cores needs no more than 128, and pays for each split's partial sums; one of 132 has room for 1,024.
var splitWants = []int{128, 1024}

// variants are all variants. Mesa's compiler for AMD (NAVI21, GFX1100) gives these waves that run at once, and these shares
// of multiply-adds in the inner loop, with the index checks that wgpu asks of naga on Vulkan
// (Restrict) and without any:
//
//	variant    waves       checked  unchecked  spills
//	tile 4x4   20 or more  86 %     87 %       no
//	tile 8x4   14          89 %     90 %       no
//	tile 8x8    8          92 %     94 %       no
//	texel 8x8                                  yes: offered to software alone
//
// The other variants that GPUs are offered do not spill either.
var variants = []variant{
	{name: "tile 64x64x8 4x4", member: gpu.Tile, rows: 4, cols: 4, tileM: 64, tileN: 64, depth: 8},
	{name: "tile 64x64x16 4x4", member: gpu.Tile, rows: 4, cols: 4, tileM: 64, tileN: 64, depth: 16},
	{name: "tile 128x64x8 8x4", member: gpu.Tile, rows: 8, cols: 4, tileM: 128, tileN: 64, depth: 8},
	{name: "tile 128x128x8 8x8", member: gpu.Tile, rows: 8, cols: 8, tileM: 128, tileN: 128, depth: 8},
	{name: "register 4x4", member: gpu.Register, rows: 4, cols: 4, lanes: 64},
	{name: "register 8x4", member: gpu.Register, rows: 8, cols: 4, lanes: 64},
	{name: "texel 16x16", member: gpu.Texel, rows: 16, cols: 16, lanes: 8},
	{name: "texel 8x16", member: gpu.Texel, rows: 8, cols: 16, lanes: 8},
	{name: "texel 8x8", member: gpu.Texel, rows: 8, cols: 8, lanes: 8},
	{name: "texel 4x8", member: gpu.Texel, rows: 4, cols: 8, lanes: 64},
}

// defaults are the variants of a member where nothing was measured: first on software adapters, then on GPUs, where a
// large block of texels would spill.
var defaults = map[gpu.Matmul][2]string{
	gpu.Tile:     {"tile 64x64x8 4x4", "tile 64x64x8 4x4"},
	gpu.Register: {"register 4x4", "register 4x4"},
	gpu.Texel:    {"texel 16x16", "texel 4x8"},
}

// Candidates are the variants worth measuring on a kind of adapter: in software, which reads buffers lane by lane,
// only texels are; by DX12 those that FXC compiles in less than a second.
func Candidates(t gpu.Target) []string {
	switch {
	case t.Software:
		return []string{"texel 16x16", "texel 8x16", "texel 8x8"}
	case t.DX12:
		return []string{"register 4x4", "register 8x4"}
	}
	return []string{
		"tile 64x64x8 4x4", "tile 64x64x16 4x4", "tile 128x64x8 8x4", "tile 128x128x8 8x8",
		"register 4x4", "register 8x4",
	}
}

// variantNamed finds a variant by its name, which may end in the workgroups that it wants: "register 8x4 split 1024".
func variantNamed(name string) (variant, bool) {
	kernel, split, isSplit := strings.Cut(name, splitWord)
	i := slices.IndexFunc(variants, func(v variant) bool { return v.name == kernel })
	if i < 0 {
		return variant{}, false
	}
	v := variants[i]
	if !isSplit {
		return v, true
	}
	want, err := strconv.Atoi(split)
	if err != nil || split != strconv.Itoa(want) || !slices.Contains(splitWants, want) || v.member == gpu.Texel {
		return variant{}, false
	}
	v.name, v.want = name, want
	return v, true
}

// kernel is the variant's name without the workgroups it wants, which the kernel's text does not depend on.
func (v variant) kernel() string {
	name, _, _ := strings.Cut(v.name, splitWord)
	return name
}

// resplit are the names by which this variant would split the shape another way.
func (m MatmulShape) resplit(v variant) (names []string) {
	if v.want > 0 || v.member == gpu.Texel {
		return nil
	}
	usual := m.split(v)
	for _, want := range splitWants {
		other, _ := variantNamed(fmt.Sprint(v.name, splitWord, want))
		if m.split(other) != usual {
			names = append(names, other.name)
		}
	}
	return names
}

// variant is the target's choice for this shape, or its member's default.
func (m MatmulShape) variant(p *gpu.Program) variant {
	name, chosen := p.Target.Choices[m.Class()]
	if !chosen {
		name = m.defaultVariant(p.Target)
	}
	v, ok := variantNamed(name)
	if !ok {
		p.Fail("there is no matmul variant %q", name)
		return variants[0]
	}
	return v
}

// defaultVariant is the target's usual variant where there is one and it suits the shape or is forced, else its member's.
func (m MatmulShape) defaultVariant(t gpu.Target) string {
	if t.Variant != "" {
		if v, ok := variantNamed(t.Variant); !ok || t.Only || m.suits(v) {
			return t.Variant
		}
	}
	d := defaults[t.Matmul]
	switch {
	case !t.Software:
		return d[1]
	case d[0] == "texel 16x16" && m.M <= 8:
		return "texel 8x16"
	}
	return d[0]
}

// suits tells whether a variant with larger blocks is likely faster for the shape than the smallest blocks of tiles, by what is
// certain: past C's edges it computes at most a quarter more, and its workgroups are no fewer than leastGroups. The
// most that a larger block can gain is about a third.
func (m MatmulShape) suits(v variant) bool {
	small, _ := variantNamed(defaults[gpu.Tile][1])
	if v.member != gpu.Tile || v.tileM*v.tileN <= small.tileM*small.tileN {
		return true
	}
	blocks, _ := m.blocks(v)
	least, _ := m.blocks(small)
	return 4*blocks*v.tileM*v.tileN <= 5*least*small.tileM*small.tileN && blocks*m.split(v) >= leastGroups
}

// leastGroups: with fewer workgroups, most GPUs are better filled by four times as many small ones.
const leastGroups = 64

// Class names the class of shapes that share a choice of variant in gpu.Choices: the form, the base-2 logarithms of M, N and
// K rounded up, and f where the epilogue is fused.
func (m MatmulShape) Class() string {
	log2 := func(n int) int { return mathbits.Len(uint(n - 1)) }
	fused := ""
	if m.Fused {
		fused = "f"
	}
	return fmt.Sprintf("%s.%d.%d.%d%s", [...]string{"NN", "NT", "TN"}[m.Form], log2(m.M), log2(m.N), log2(m.K), fused)
}

// block is the size of what an invocation makes of C, or with tiles a workgroup.
func (v variant) block() (rows, cols int) {
	if v.member == gpu.Tile {
		return v.tileM, v.tileN
	}
	return v.rows, v.cols
}

// blocks is the number of blocks of C, in all and along N.
func (m MatmulShape) blocks(v variant) (blocks, across int) {
	rows, cols := v.block()
	across = ceil(m.N, cols)
	return ceil(m.M, rows) * across, across
}

// split is the number of splits of a deep and small matmul's depth, which give the device enough work at once. It depends
// on the shape and the variant alone, so the order of the sums never changes.
func (m MatmulShape) split(v variant) int {
	if m.Fused || m.Form == NT && m.N%4 != 0 { // columns past N would hold whatever lies behind B
		return 1
	}
	blocks, _ := m.blocks(v)
	want, least := v.want, 128
	if want == 0 {
		want = usualWant
	}
	switch v.member {
	case gpu.Texel:
		want, least = 128, 64
	case gpu.Register:
		blocks = ceil(blocks, v.lanes)
	}
	s := min(ceil(want, blocks), ceil(m.K, least), 64)
	return max(s, ceil(m.K, 64<<10), 1)
}
