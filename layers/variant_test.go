package layers

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
)

// Whatever a device is given to begin with is a variant of its target's member, and GPUs of no or unknown vendor have none.
func TestUsualVariants(t *testing.T) {
	for vendor, want := range map[uint32]string{0x10DE: "tile 128x128x8 8x8", 0x1002: "tile 128x128x8 8x8", 0x8086: "", 0x106B: "", 0: ""} {
		got := gpu.UsualVariant(vendor)
		if got != want {
			t.Errorf("vendor %#x begins with %q, want %q", vendor, got, want)
		}
		if v, ok := variantNamed(got); got != "" && (!ok || v.member != gpu.GPUTarget.Matmul) {
			t.Errorf("vendor %#x begins with %q, which is none of %s", vendor, got, gpu.GPUTarget.Matmul)
		}
	}
}

// A usual variant with large blocks is left where they would compute much that nobody asked for, or fill few cores; a forced
// one never is, and a choice goes before both.
func TestLargeBlocksWhereTheySuit(t *testing.T) {
	const large, small = "tile 128x128x8 8x8", "tile 64x64x8 4x4"
	usual := gpu.GPUTarget
	usual.Variant = large
	for _, c := range []struct {
		why  string
		m    MatmulShape
		want string
	}{
		{"whole blocks, many", MatmulShape{NT, 12608, 384, 1536, true}, large},
		{"whole but for a few rows", MatmulShape{NT, 2368 + 1, 1152, 384, false}, large},
		{"a deep weight gradient in splits", MatmulShape{TN, 384, 384, 12608, false}, large},
		{"few rows", MatmulShape{NT, 64, 2048, 2048, true}, small},
		{"192 columns are one and a half blocks", MatmulShape{NT, 12608, 192, 192, true}, small},
		{"16 whole blocks", MatmulShape{NT, 128, 2048, 384, true}, small},
		{"the same in splits", MatmulShape{NT, 128, 2048, 2048, false}, large},
		{"tiny", MatmulShape{NN, 1, 1, 1, false}, small},
	} {
		if got := c.m.defaultVariant(usual); got != c.want {
			t.Errorf("%s: %+v is recorded as %s", c.why, c.m, got)
		}
		forced := ForceMatmul(usual, large)
		if got := c.m.defaultVariant(forced); got != large {
			t.Errorf("%s: %+v is recorded as %s where %s is forced", c.why, c.m, got, large)
		}
		chosen := usual
		chosen.Choices = gpu.Choices{c.m.Class(): "register 8x4"}
		if got := c.m.variant(gpu.NewProgram("choice", chosen)).name; got != "register 8x4" {
			t.Errorf("%s: %+v is recorded as %s where another was chosen", c.why, c.m, got)
		}
	}
}

// A name forces one variant everywhere or one member, and nothing measured or usual before stays.
func TestForceMatmul(t *testing.T) {
	m := MatmulShape{NT, 8, 8, 8, false}
	usual := gpu.GPUTarget
	usual.Variant, usual.Choices = "tile 128x128x8 8x8", gpu.Choices{m.Class(): "register 4x4"}
	for name, want := range map[string]string{
		"tile": "tile 64x64x8 4x4", "register": "register 4x4", "texel": "texel 4x8",
		"tile 128x128x8 8x8": "tile 128x128x8 8x8", "register 8x4 split 1024": "register 8x4 split 1024",
	} {
		if !KnowsMatmul(name) {
			t.Errorf("%q is not known", name)
		}
		for _, before := range []gpu.Target{gpu.GPUTarget, usual, ForceMatmul(usual, "register 8x4")} {
			got := ForceMatmul(before, name)
			if v := m.variant(gpu.NewProgram("forced", got)); v.name != want || got.Matmul != v.member || got.Attention != before.Attention {
				t.Errorf("%q makes %+v of %+v, which records %s", name, got, before, v.name)
			}
		}
	}
	if got := ForceMatmul(usual, "tile"); got.Variant != usual.Variant || got.Only {
		t.Errorf("the member that a GPU has anyway makes %+v of %+v", got, usual)
	}
	for _, name := range MatmulNames() {
		if !KnowsMatmul(name) {
			t.Errorf("%q is listed and not known", name)
		}
	}
	for _, name := range []string{"", "auto", "tiles", "tile 128x128x8", "texel 8x8 split 128", "tile 64x64x8 4x4 split", "tile 64x64x8 4x4 split 0128"} {
		if KnowsMatmul(name) {
			t.Errorf("%q is known", name)
		}
	}
}

// What other splits of a shape there are to measure: those that differ from the usual one, of the same kernel.
func TestResplit(t *testing.T) {
	for _, c := range []struct {
		m       MatmulShape
		variant string
		want    string // splits, the usual one first
	}{
		{MatmulShape{TN, 384, 384, 12608, false}, "tile 64x64x8 4x4", "8 4 29"},
		{MatmulShape{TN, 1536, 384, 12608, false}, "tile 64x64x8 4x4", "2 1 8"},
		{MatmulShape{TN, 384, 384, 12608, false}, "tile 128x128x8 8x8", "29 15 64"},
		{MatmulShape{NT, 12608, 384, 384, false}, "tile 64x64x8 4x4", "1"},
		{MatmulShape{NT, 64, 256, 2048, true}, "tile 64x64x8 4x4", "1"},
		{MatmulShape{TN, 8, 8, 300, false}, "register 8x4", "3"},
		{MatmulShape{TN, 384, 384, 12608, false}, "texel 8x8", "1"},
		{MatmulShape{TN, 384, 384, 12608, false}, "tile 64x64x8 4x4 split 128", "4"},
	} {
		v, ok := variantNamed(c.variant)
		if !ok {
			t.Fatalf("there is no %q", c.variant)
		}
		splits := []string{fmt.Sprint(c.m.split(v))}
		for _, name := range c.m.resplit(v) {
			other, ok := variantNamed(name)
			if !ok || other.kernel() != v.kernel() {
				t.Errorf("%q splits as %q", c.variant, name)
			}
			splits = append(splits, fmt.Sprint(c.m.split(other)))
		}
		if got := strings.Join(splits, " "); got != c.want {
			t.Errorf("%+v by %s: splits %s, want %s", c.m, c.variant, got, c.want)
		}
	}
}

// The largest partial sums that a split makes fit one binding of WebGPU's default limits.
func TestSplitsFitABinding(t *testing.T) {
	for _, v := range variants {
		for _, want := range append([]int{0}, splitWants...) {
			v.want = want
			for _, side := range [][2]int{{384, 384}, {1536, 384}, {2048, 1024}, {4096, 3968}, {65536, 256}, {65536, 255}} {
				m := MatmulShape{TN, side[0], side[1], 65536, false}
				if s := m.split(v); s > 1 && s*m.M*roundUp4(m.N)*4 > 128<<20 {
					t.Errorf("%s, want %d: %+v in %d splits takes %d MiB", v.name, want, m, s, s*m.M*roundUp4(m.N)*4>>20)
				}
			}
		}
	}
}

// Tiles of every variant keep WebGPU's default limits, and no invocation moves more than a vec4 of an operand a step.
func TestTilesKeepTheLimits(t *testing.T) {
	for _, v := range variants {
		if v.member != gpu.Tile {
			continue
		}
		threads := v.tileM / v.rows * (v.tileN / v.cols)
		quads := []int{v.tileM * v.depth / 4, v.tileN * v.depth / 4}
		if threads != 256 || slices.Max(quads) > threads || v.tileM%64 != 0 || v.tileN%64 != 0 {
			t.Errorf("%s: %d invocations load %v vec4s", v.name, threads, quads)
		}
		if bytes := 16 * ((v.tileM/4+1)*v.depth + (v.tileN/4+1)*v.depth); bytes > 16<<10 {
			t.Errorf("%s: %d bytes of workgroup memory", v.name, bytes)
		}
	}
}
