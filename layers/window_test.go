package layers

import (
	"fmt"
	"math"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
)

// windowInputs records all kernels of a block's labels and gives what has to be filled.
func recordWindow(p *gpu.Program, in *inputs, w Window, place []uint32, frames, D, C, k int) Kept {
	at := in.values("place", bits(place...), 4)
	block := w.Block(p, in.noise("target", w.H*w.W, D), at)
	var around []gpu.Tensor
	for f := range frames {
		around = append(around, w.Around(p, in.noise(fmt.Sprint("context", f), w.H*w.W, D), at))
	}
	kept := w.TopK(p, w.Similarities(p, block, around), at, k)
	w.Labels(p, kept, in.noise("labels", frames+1, w.H*w.W, C), at, in.noise("out", w.H*w.W, C), 3)
	return kept
}

func TestWindow(t *testing.T) {
	for _, c := range []struct{ H, W, radius, side, frames, D, C, k int }{
		{1, 1, 0, 16, 1, 4, 1, 1},
		{1, 7, 2, 4, 2, 8, 3, 5},
		{5, 3, 12, 16, 3, 12, 2, 5},   // a window larger than the grid
		{9, 11, 1, 4, 2, 4, 5, 40},    // more neighbors than there are
		{7, 10, 3, 3, 4, 20, 4, 5},    // blocks that move inward
		{13, 6, 0, 5, 2, 4, 2, 5},     // only the patch itself
		{42, 42, 42, 1, 3, 4, 2, 250}, // lists that want more lanes
		{40, 45, 45, 1, 10, 4, 1, 3},  // labels that want more lanes
	} {
		w := NewWindow(c.H, c.W, c.radius, c.side)
		places := w.Places()
		t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
			some := []int{0, len(places) / 2, len(places) - 1}
			if len(places) > 1000 {
				some = some[1:2] // windows are the same everywhere
			}
			for _, n := range some {
				eachTarget(t, func(t *testing.T, p *gpu.Program) {
					var in inputs
					recordWindow(p, &in, w, places[n], c.frames, c.D, c.C, c.k)
					in.check(t, p)
				})
			}
		})
	}
}

// Every patch is in a block, and every patch's neighborhood in its block's window.
func TestWindowPlacesCoverTheGrid(t *testing.T) {
	for _, c := range [][4]int{{1, 1, 0, 1}, {10, 14, 4, 16}, {60, 106, 12, 16}, {33, 17, 1, 16}, {7, 5, 9, 2}, {16, 32, 0, 16}} {
		w := NewWindow(c[0], c[1], c[2], c[3])
		seen := make([]bool, w.H*w.W)
		for _, at := range w.Places() {
			row, column, top, left := int(at[0]), int(at[1]), int(at[2]), int(at[3])
			for y := row; y < row+w.BlockH; y++ {
				for x := column; x < column+w.BlockW; x++ {
					seen[y*w.W+x] = true
					if max(y-w.Radius, 0) < top || min(y+w.Radius, w.H-1) >= top+w.WindowH || max(x-w.Radius, 0) < left || min(x+w.Radius, w.W-1) >= left+w.WindowW {
						t.Fatalf("%v: patch %d, %d looks out of the window at %v", c, y, x, at)
					}
				}
			}
		}
		for i, s := range seen {
			if !s {
				t.Fatalf("%v: patch %d is in no block", c, i)
			}
		}
	}
}

// Frames that are the same give ties, all of which stay; NaN is never chosen and never hangs.
func TestWindowKeepsTies(t *testing.T) {
	const H, W, D, frames, k = 6, 9, 8, 4, 3
	w := NewWindow(H, W, 2, 4)
	eachTarget(t, func(t *testing.T, p *gpu.Program) {
		var in inputs
		kept := recordWindow(p, &in, w, w.Places()[1], frames, D, 2, k)
		p.Pin(kept.Counts)
		for f := range frames {
			copy(in[2+f].value, in[2].value)
		}
		err := in.run(p, func() error {
			if err := p.Check(); err != nil {
				return err
			}
			counts := make([]float32, kept.Counts.Len())
			if err := p.Read(kept.Counts, counts); err != nil {
				return err
			}
			for i, n := range gpu.Bits(counts) {
				if n != frames {
					t.Errorf("patch %d of the block keeps %d, want %d: its best one in each frame", i, n, frames)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	eachTarget(t, func(t *testing.T, p *gpu.Program) {
		at := gpu.NewTensor("place", 4)
		in := inputs{{at, bits(w.Places()[0]...)}}
		s := in.noise("similarities", 2, w.Stride)
		for i := range in[1].value {
			if i%3 > 0 || i < w.Stride/2 {
				in[1].value[i] = float32(math.NaN())
			}
		}
		w.TopK(p, s, at, k)
		in.check(t, p)
	})
}

func TestWindowRefuses(t *testing.T) {
	w := NewWindow(9, 9, 2, 4)
	for name, record := range map[string]func(p *gpu.Program, at gpu.Tensor){
		"too many neighbors": func(p *gpu.Program, at gpu.Tensor) {
			w.TopK(p, gpu.NewTensor("s", 2, w.Stride), at, w.MaxTopK(2)+1)
		},
		"another grid":     func(p *gpu.Program, at gpu.Tensor) { w.Block(p, gpu.NewTensor("t", 80, 4), at) },
		"fives of columns": func(p *gpu.Program, at gpu.Tensor) { w.Around(p, gpu.NewTensor("t", 81, 5), at) },
		"labels of fewer frames": func(p *gpu.Program, at gpu.Tensor) {
			kept := w.TopK(p, gpu.NewTensor("s", 2, w.Stride), at, 3)
			w.Labels(p, kept, gpu.NewTensor("l", 1, 81, 2), at, gpu.NewTensor("o", 81, 2), 1)
		},
	} {
		p := gpu.NewProgram(t.Name(), gpu.SoftwareTarget)
		record(p, gpu.NewTensor("place", 4))
		if p.Err() == nil {
			t.Errorf("%s: recorded", name)
		}
	}
	p := gpu.NewProgram(t.Name(), gpu.SoftwareTarget)
	w.TopK(p, gpu.NewTensor("s", 2, w.Stride), gpu.NewTensor("place", 4), w.MaxTopK(2))
	if err := p.Err(); err != nil {
		t.Errorf("as many as are allowed: %v", err)
	}
}
