package eval

import (
	"math"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/settings"
)

// FrameSize is the size (height, width) at which frames of h x w pixels are seen: the short side becomes short, cut to whole
// patches, and the long side follows, cut to a multiple of short*64/480, itself cut to whole patches and one at least. With
// short 480 and patches of 8 or 16 these are the reference's 480 and multiples of 64. Frames may be enlarged. A square is
// not quite one afterwards, 480 x 448; its mask goes the same way, while the reference's mask becomes 448 x 480 and no
// longer lies on its frame.
func FrameSize(h, w, short, patch int) (height, width int) {
	whole := func(n int) int { return max(patch, n/patch*patch) }
	short, step := whole(short), whole(short*64/480)
	long := func(a, b int) int { return max(step, short*a/b/step*step) }
	if h > w {
		return long(h, w), short
	}
	return short, long(w, h)
}

// videoStd is what the reference normalizes frames with: its video script has 0.228 for red, where ImageNet's deviation is
// 0.229. Weights of other deviations keep theirs.
func videoStd(std settings.RGB) settings.RGB {
	if std == (settings.RGB{0.229, 0.224, 0.225}) {
		std[0] = 0.228
	}
	return std
}

// linearWeights are bilinear weights in units of 1/2048.
type linearWeights struct {
	first, second int
	keep, move    int
}

// linearPlaces says what the `to` pixels along n take, as OpenCV has it. Beyond an edge a row mixes the edge with itself,
// which may round otherwise than a column, which takes it whole.
func linearPlaces(n, to int, rows bool) []linearWeights {
	scale := 1 / (float64(to) / float64(n))
	out := make([]linearWeights, to)
	for i := range out {
		at := float32((float64(i)+0.5)*scale - 0.5)
		first := int(math.Floor(float64(at)))
		move := at - float32(first)
		if !rows && first < 0 || !rows && first >= n-1 {
			move = 0
			first = min(max(first, 0), n-1)
		}
		round := func(v float32) int { return int(math.RoundToEven(float64(v * 2048))) }
		out[i] = linearWeights{max(first, 0), min(first+1, n-1), round(1 - move), round(move)}
	}
	return out
}

// linearResize resizes im to w x h by two bilinear steps without antialias, in OpenCV's whole numbers; frames are read so by
// the reference. It gives RGB bytes (h, w, 3).
func linearResize(im *augment.Image, w, h int) []uint8 {
	if im.W == w && im.H == h {
		return im.Pix
	}
	columns, rows := linearPlaces(im.W, w, false), linearPlaces(im.H, h, true)
	across := func(out []int, y int) {
		row := im.Pix[y*im.W*3 : (y+1)*im.W*3]
		for x, c := range columns {
			for k := range 3 {
				out[3*x+k] = int(row[3*c.first+k])*c.keep + int(row[3*c.second+k])*c.move
			}
		}
	}
	out := make([]uint8, 3*w*h)
	lines := map[int][]int{} // the two that are in use
	spare := [][]int{make([]int, 3*w), make([]int, 3*w)}
	line := func(y, other int) []int {
		if l, ok := lines[y]; ok {
			return l
		}
		for at, l := range lines {
			if at != other {
				spare = append(spare, l)
				delete(lines, at)
			}
		}
		l := spare[len(spare)-1]
		spare = spare[:len(spare)-1]
		across(l, y)
		lines[y] = l
		return l
	}
	for y, r := range rows {
		top := line(r.first, r.second)
		bottom := line(r.second, r.first)
		for x := range 3 * w {
			// the two halves are cut one by one, as OpenCV's loop does
			v := (r.keep*(top[x]>>4))>>16 + (r.move*(bottom[x]>>4))>>16
			out[3*w*y+x] = uint8(min(255, (v+2)>>2))
		}
	}
	return out
}
