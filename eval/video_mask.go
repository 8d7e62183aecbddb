package eval

import "math"

// A softMask are the labels of a frame's patches, (H*W, Classes), on their way to a mask of pixels.
type softMask struct {
	labels        []float32
	H, W, Classes int
	Patch         int
}

// upsampled is how much of class c each pixel has, (H*Patch, W*Patch): PyTorch's bilinear interpolation, without aligned
// corners.
func (s softMask) upsampled(c int) []float32 {
	rows, columns := between(s.H, s.Patch), between(s.W, s.Patch)
	out := make([]float32, 0, len(rows)*len(columns))
	at := func(y, x int) float32 { return s.labels[(y*s.W+x)*s.Classes+c] }
	for _, y := range rows {
		for _, x := range columns {
			top := x.keep*at(y.first, x.first) + x.move*at(y.first, x.second)
			bottom := x.keep*at(y.second, x.first) + x.move*at(y.second, x.second)
			out = append(out, y.keep*top+y.move*bottom)
		}
	}
	return out
}

// A mixture is what a pixel takes of two neighboring patches.
type mixture struct {
	first, second int
	keep, move    float32
}

// between says what the n*times pixels along n patches take.
func between(n, times int) []mixture {
	out := make([]mixture, n*times)
	for i := range out {
		at := max(0, (float32(i)+0.5)/float32(times)-0.5)
		first := min(int(at), n-1)
		move := at - float32(first)
		out[i] = mixture{first, min(first+1, n-1), 1 - move, move}
	}
	return out
}

// normalize stretches a class over 0 to 1, in place, and tells whether it could: one that is nowhere stays 0, and one that
// is everywhere the same has no least and no largest.
func normalize(class []float32) bool {
	least, most := class[0], class[0]
	for _, v := range class {
		least, most = min(least, v), max(most, v)
	}
	if most <= 0 {
		return true
	}
	if most == least {
		return false
	}
	for i, v := range class {
		class[i] = (v - least) / (most - least)
	}
	return true
}

// mask gives each pixel the class that it has most of once each is stretched over 0 to 1; the lower one where two have the
// same. As in the reference, whose arithmetic gives NaN there and takes NaN for the largest, a class that is everywhere the
// same and not 0 has all pixels.
func (s softMask) mask() []uint8 {
	mask := make([]uint8, s.H*s.Patch*s.W*s.Patch)
	most := s.upsampled(0)
	if !normalize(most) {
		return mask
	}
	for c := 1; c < s.Classes; c++ {
		class := s.upsampled(c)
		if !normalize(class) {
			for i := range mask {
				mask[i] = uint8(c)
			}
			return mask
		}
		for i, v := range class {
			if v > most[i] {
				most[i], mask[i] = v, uint8(c)
			}
		}
	}
	return mask
}

// nearest resizes labels (h, w) to (toH, toW) as Pillow's nearest does: it adds up steps in double precision, so that where
// a place is whole it may read the pixel before.
func nearestLabels(labels []uint8, h, w, toH, toW int) []uint8 {
	rows, columns := nearestSteps(h, toH), nearestSteps(w, toW)
	out := make([]uint8, 0, toH*toW)
	for _, y := range rows {
		for _, x := range columns {
			out = append(out, labels[y*w+x])
		}
	}
	return out
}

func nearestSteps(n, to int) []int {
	step := float64(n) / float64(to)
	out := make([]int, to)
	at := step * 0.5
	for i := range out {
		out[i] = min(int(math.Floor(at)), n-1)
		at += step
	}
	return out
}

// oneHot is a mask of patches as soft labels: (patches, classes).
func oneHot(labels []uint8, classes int) []float32 {
	out := make([]float32, len(labels)*classes)
	for i, l := range labels {
		out[i*classes+int(l)] = 1
	}
	return out
}
