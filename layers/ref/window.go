package ref

import "math"

// A Window is a block of a grid of H x W patches, BlockH x BlockW of them, and the part of the grid that they look at,
// WindowH x WindowW: a patch looks at those at most Radius rows and columns away. The similarities of one context frame,
// (block, window), begin Stride elements behind those of the frame before.
type Window struct {
	H, W, Radius     int
	BlockH, BlockW   int
	WindowH, WindowW int
	Stride           int
}

// Patches is how many patches the block has.
func (w Window) Patches() int { return w.BlockH * w.BlockW }

// Area is how many patches the window has.
func (w Window) Area() int { return w.WindowH * w.WindowW }

// Most is how many patches of so many context frames one patch looks at, at most.
func (w Window) Most(frames int) int {
	return frames * min(2*w.Radius+1, w.WindowH) * min(2*w.Radius+1, w.WindowW)
}

// WindowRows is the twin of window_rows.wgsl: the h x w tokens of a grid W wide from (row, column) on.
func WindowRows(out, tokens []float32, W, row, column, h, w, dim int) {
	for r := range h {
		copy(out[r*w*dim:(r+1)*w*dim], tokens[((row+r)*W+column)*dim:])
	}
}

// WindowTopK is the twin of window_topk.wgsl, of a workgroup of so many lanes.
func WindowTopK(kept, counts []uint32, best, similarities []float32, place []uint32, w Window, frames, k, lanes int) {
	M := w.Most(frames)
	for t := range w.Patches() {
		row, column := int(place[0])+t/w.BlockW, int(place[1])+t%w.BlockW
		top, left := max(row-w.Radius, 0), max(column-w.Radius, 0)
		bottom, right := min(row+w.Radius, w.H-1), min(column+w.Radius, w.W-1)
		var first, all []int // candidates of the first frame, and of all
		for r := top; r <= bottom; r++ {
			for c := left; c <= right; c++ {
				first = append(first, t*w.Area()+(r-int(place[2]))*w.WindowW+c-int(place[3]))
			}
		}
		for lane := range lanes {
			for j := lane; j < len(first); j += lanes {
				for f := range frames {
					all = append(all, first[j]+f*w.Stride)
				}
			}
		}
		most := make([]float32, k) // the largest so far, largest first
		for i := range most {
			most[i] = -3.4e38
		}
		for _, at := range all {
			v := similarities[at]
			for i := k; i > 0 && v > most[i-1]; i-- {
				if i < k {
					most[i] = most[i-1]
				}
				most[i-1] = v
			}
		}
		best[t] = most[0]
		n := 0
		for _, at := range all {
			if similarities[at] >= most[k-1] {
				kept[t*M+n] = uint32(at)
				n++
			}
		}
		counts[t] = uint32(n)
	}
}

// WindowLabels is the twin of window_labels.wgsl: labels (frames, H*W, classes), out (H*W, classes).
func WindowLabels(out, similarities []float32, kept, counts []uint32, best, labels []float32, place []uint32, w Window, frames, classes int, temperature float64) {
	M := w.Most(frames)
	for t := range w.Patches() {
		sums, weights := make([]float64, classes), 0.0
		for _, at := range kept[t*M : t*M+min(int(counts[t]), M)] {
			weight := math.Exp((float64(similarities[at]) - float64(best[t])) / temperature)
			cell := int(at) % w.Stride % w.Area()
			patch := (int(place[2])+cell/w.WindowW)*w.W + int(place[3]) + cell%w.WindowW
			weights += weight
			for c := range sums {
				sums[c] += weight * float64(labels[(int(at)/w.Stride*w.H*w.W+patch)*classes+c])
			}
		}
		patch := (int(place[0])+t/w.BlockW)*w.W + int(place[1]) + t%w.BlockW
		for c, s := range sums {
			out[patch*classes+c] = float32(s / weights)
		}
	}
}
