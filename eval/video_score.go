package eval

import "math"

// recallAbove is what J or F has to pass for a frame to count as found.
const recallAbove = 0.5

// A VideoObject is how well an object's masks lie on the true ones, of each frame that counts, from 0 to 1: all but the
// first, which is given, and the last, as the official evaluation of DAVIS has it.
type VideoObject struct {
	Label int
	J     []float64 // Jaccard: intersection over union of the regions
	F     []float64 // the harmonic mean of precision and recall of the outlines
}

// A Summary says of a measure over a sequence: its mean, the share of frames where it is above a half, and by how much it
// fell: the mean of the first quarter of the frames less that of the last. From 0 to 1; NaN of no frames.
type Summary struct{ Mean, Recall, Decay float64 }

// Summarize summarizes the values of a sequence's frames. The quarters share the frames at their edges, which are rounded
// half up, as in the official evaluation; its edges overflow in sequences of more than 256 frames, these do not.
func Summarize(v []float64) Summary {
	n := len(v)
	if n == 0 {
		return Summary{math.NaN(), math.NaN(), math.NaN()}
	}
	found := 0
	for _, x := range v {
		if x > recallAbove {
			found++
		}
	}
	edge := func(i int) int { return int(math.Floor(1+float64(n-1)*float64(i)/4+0.5+1e-9)) - 1 }
	return Summary{
		mean(v), float64(found) / float64(n),
		mean(v[edge(0):edge(1)+1]) - mean(v[edge(3):edge(4)+1]),
	}
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// A VideoSummary is what is told of several objects: the means over objects, not over sequences.
type VideoSummary struct {
	JF   float64
	J, F Summary
}

// SummarizeVideo takes objects of one sequence, or of all.
func SummarizeVideo(objects []VideoObject) VideoSummary {
	var s VideoSummary
	n := float64(len(objects))
	for _, o := range objects {
		for _, m := range []struct {
			of []float64
			to *Summary
		}{{o.J, &s.J}, {o.F, &s.F}} {
			x := Summarize(m.of)
			m.to.Mean += x.Mean / n
			m.to.Recall += x.Recall / n
			m.to.Decay += x.Decay / n
		}
	}
	if n == 0 {
		nan := math.NaN()
		s.J, s.F = Summary{nan, nan, nan}, Summary{nan, nan, nan}
	}
	s.JF = (s.J.Mean + s.F.Mean) / 2
	return s
}

// withoutVoid makes void background, in place, as the official evaluation does.
func withoutVoid(labels []uint8) []uint8 {
	for i, l := range labels {
		if l == voidLabel {
			labels[i] = 0
		}
	}
	return labels
}

// region is J of two masks: 1 where both are empty.
func region(truth, got []bool) float64 {
	both, either := 0, 0
	for i := range truth {
		if truth[i] && got[i] {
			both++
		}
		if truth[i] || got[i] {
			either++
		}
	}
	if either == 0 {
		return 1
	}
	return float64(both) / float64(either)
}

// boundary is F of two masks (h, w): outlines match that are no farther from each other than 0.008 of the diagonal, rounded
// up. It is 1 where both have none, and 0 where one has none.
func boundary(truth, got []bool, h, w int) float64 {
	radius := int(math.Ceil(0.008 * math.Hypot(float64(h), float64(w))))
	t, g := outline(truth, h, w), outline(got, h, w)
	nt, ng := count(t), count(g)
	if nt == 0 || ng == 0 {
		if nt == ng {
			return 1
		}
		return 0
	}
	precision := lieWithin(g, grow(t, h, w, radius), ng)
	recall := lieWithin(t, grow(g, h, w, radius), nt)
	if precision+recall == 0 {
		return 0
	}
	return 2 * precision * recall / (precision + recall)
}

// outline marks the pixels that differ from their right, lower or lower right neighbor. The last row looks to its right
// alone, the last column down alone, the corner nowhere.
func outline(m []bool, h, w int) []bool {
	out := make([]bool, len(m))
	for y := range h {
		down := w
		if y == h-1 {
			down = 0
		}
		for x := range w {
			right := 1
			if x == w-1 {
				right = 0
			}
			i := y*w + x
			out[i] = m[i] != m[i+right] || m[i] != m[i+down] || m[i] != m[i+down+right]
		}
	}
	return out
}

// grow marks all pixels at most radius away from a marked one.
func grow(m []bool, h, w, radius int) []bool {
	half := make([]int, radius+1) // of the disc's row so far from its middle
	for y := range half {
		half[y] = int(math.Sqrt(float64(radius*radius - y*y)))
	}
	out := make([]bool, len(m))
	for i, set := range m {
		if !set {
			continue
		}
		y, x := i/w, i%w
		for dy := max(-radius, -y); dy <= min(radius, h-1-y); dy++ {
			reach := half[max(dy, -dy)]
			row := out[(y+dy)*w : (y+dy+1)*w]
			for at := max(0, x-reach); at <= min(w-1, x+reach); at++ {
				row[at] = true
			}
		}
	}
	return out
}

func count(m []bool) int {
	n := 0
	for _, set := range m {
		if set {
			n++
		}
	}
	return n
}

// lieWithin is what share of n marked pixels lies in others.
func lieWithin(m, in []bool, n int) float64 {
	both := 0
	for i := range m {
		if m[i] && in[i] {
			both++
		}
	}
	return float64(both) / float64(n)
}

// objectMask marks one object's pixels.
func objectMask(labels []uint8, object int) []bool {
	out := make([]bool, len(labels))
	for i, l := range labels {
		out[i] = int(l) == object
	}
	return out
}

// scoreFrame adds a frame's J and F to those of objects; masks are (h, w).
func scoreFrame(objects []VideoObject, truth, got []uint8, h, w int) {
	for i := range objects {
		o := &objects[i]
		a, b := objectMask(truth, o.Label), objectMask(got, o.Label)
		o.J = append(o.J, region(a, b))
		o.F = append(o.F, boundary(a, b, h, w))
	}
}

// labelsIn are the objects that a mask without void shows, in order. The official evaluation takes all numbers up to the
// largest instead, and finds those that are nowhere in every frame.
func labelsIn(labels []uint8) []int {
	var there [256]bool
	for _, l := range labels {
		there[l] = true
	}
	var objects []int
	for object := 1; object < len(there); object++ {
		if there[object] {
			objects = append(objects, object)
		}
	}
	return objects
}

// newVideoObjects are objects without frames.
func newVideoObjects(labels []int) []VideoObject {
	var objects []VideoObject
	for _, label := range labels {
		objects = append(objects, VideoObject{Label: label})
	}
	return objects
}
