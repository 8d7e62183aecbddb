package gpu

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The copies of a tensor into its texture bring every texel to where the fold has it and read nothing else of the buffer;
// each begins where DX12 allows it if the tensor does.
func TestStageCopiesBringEveryTexel(t *testing.T) {
	rests, joined := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		rows, cols := rapid.IntRange(1, 40).Draw(t, "rows"), rapid.IntRange(1, 700*4).Draw(t, "columns")
		if rapid.Bool().Draw(t, "whole texels") {
			cols = (cols + 3) / 4 * 4
		}
		x := NewTensor("x", 128*3+rows*cols).Slice("s", 128*rapid.IntRange(0, 3).Draw(t, "place"), rows, cols)
		width, texels := FoldOf(x).width, x.bytes()/16
		at := make([]int, FoldOf(x).height*width) // the texel of x that lies there, plus 1
		copies := stageCopies(x)
		for _, c := range copies {
			if c.offset%dx12Copy != 0 || c.pitch%256 != 0 || c.width > width {
				t.Fatalf("%v: DX12 does not take %+v", x.Shape, c)
			}
			for r := range c.height {
				for i := range c.width {
					texel := (c.offset-4*x.offset+r*c.pitch)/16 + i
					if texel < 0 || texel >= texels {
						t.Fatalf("%v: %+v reads texel %d of %d", x.Shape, c, texel, texels)
					}
					at[(c.row+r)*width+i] = texel + 1
				}
			}
		}
		if len(copies) == 2 {
			rests++
			joined += copies[1].height - 1
		}
		for i, n := range at {
			if i < texels && n != i+1 || i >= texels && n != 0 {
				t.Fatalf("%v: %d lies at %d", x.Shape, n-1, i)
			}
		}
	})
	if joined == 0 || joined == rests {
		t.Errorf("%d rests were copied, %d of them with the row above: one of both kinds is missing", rests, joined)
	}
}

// A copy that DX12 would not take is refused when it is recorded, for DX12 alone.
func TestStagedSlicesBeginWhereDX12AllowsIt(t *testing.T) {
	read := Kernel{
		Name: "read", Groups: [3]int{1, 1, 1},
		Source: "@group(0) @binding(0) var x: texture_2d<f32>;\n@group(0) @binding(1) var<storage, read_write> y: array<f32>;\n" +
			"@compute @workgroup_size(1) fn main() { y[0] = textureLoad(x, vec2u(0, 0), 0).x; }\n",
	}
	for _, c := range []struct {
		target Target
		offset int
		wrong  bool
	}{{DX12Target, 0, false}, {DX12Target, 128, false}, {DX12Target, 64, true}, {SoftwareTarget, 64, false}, {GPUTarget, 64, false}} {
		p := NewProgram("slices", c.target)
		p.Dispatch(read, NewTensor("x", 1024).Slice("part", c.offset, 256), NewTensor("y", 4))
		err := p.Err()
		if (err != nil) != c.wrong || c.wrong && !strings.Contains(err.Error(), "tensor part starts at byte 256") {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
