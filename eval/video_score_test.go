package eval

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/testdata/golden"
)

func sameNumber(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-12) {
		t.Errorf("%s: %.15g, want %.15g", what, got, want)
	}
}

// J and F of a sequence, their means, recalls and decays, and the means over objects: those of the official evaluation.
func TestVideoScoreEqualsReference(t *testing.T) {
	g := golden.Open(t, "video.safetensors")
	shape := g.Shape("jf.truth")
	truth, result := g.Bytes("jf.truth"), g.Bytes("jf.result")
	n := shape[1] * shape[2]
	objects := newVideoObjects(labelsIn(withoutVoid(truth[:n])))
	for f := 1; f < shape[0]-1; f++ {
		scoreFrame(objects, withoutVoid(truth[f*n:(f+1)*n]), withoutVoid(result[f*n:(f+1)*n]), shape[1], shape[2])
	}
	js, fs, stats := g.Float64s("jf.j"), g.Float64s("jf.f"), g.Float64s("jf.mean_recall_decay")
	for i, o := range objects {
		for f := range o.J {
			sameNumber(t, "J", o.J[f], js[i*len(o.J)+f])
			sameNumber(t, "F", o.F[f], fs[i*len(o.F)+f])
		}
		for m, s := range []Summary{Summarize(o.J), Summarize(o.F)} {
			want := stats[(m*3+i)*3:]
			sameNumber(t, "mean", s.Mean, want[0])
			sameNumber(t, "recall", s.Recall, want[1])
			sameNumber(t, "decay", s.Decay, want[2])
		}
	}
	s := SummarizeVideo(objects)
	for i, got := range []float64{s.JF, s.J.Mean, s.J.Recall, s.J.Decay, s.F.Mean, s.F.Recall, s.F.Decay} {
		sameNumber(t, "over objects", got, g.Float64s("jf.global")[i])
	}
}

// The decay at lengths whose quarters share frames in all ways.
func TestDecayEqualsReference(t *testing.T) {
	g := golden.Open(t, "video.safetensors")
	want := g.Float64s("jf.decay_example")
	for i, n := range g.Ints("jf.decay_example.frames") {
		var v []float64
		for f := range n {
			v = append(v, math.Pow(float64(f), 1.5)/100)
		}
		sameNumber(t, "decay", Summarize(v).Decay, want[i])
	}
	if s := Summarize([]float64{0.25}); s != (Summary{0.25, 0, 0}) {
		t.Errorf("of one frame: %+v", s)
	}
	if s := Summarize(nil); !math.IsNaN(s.Mean) {
		t.Errorf("of no frame: %+v", s)
	}
	long := make([]float64, 300) // where the official evaluation's edges overflow
	for i := range 76 {
		long[i] = 1
	}
	if s := Summarize(long); s.Decay != 1 {
		t.Errorf("of 300 frames the first quarter of which is whole: %+v", s)
	}
	if s := SummarizeVideo(nil); !math.IsNaN(s.JF) {
		t.Errorf("of no object: %+v", s)
	}
}

// goldenMasks gives the golden masks at edges, empty and full, and their sizes.
func goldenMasks(t *testing.T, g *golden.File, each func(name string, truth, got []bool, h, w int)) {
	t.Helper()
	n := 0
	for _, key := range g.Names() {
		name, ok := strings.CutSuffix(key, ".j_f")
		if !ok {
			continue
		}
		n++
		shape := g.Shape(name + ".truth")
		each(name, objectMask(g.Bytes(name+".truth"), 1), objectMask(g.Bytes(name+".result"), 1), shape[0], shape[1])
	}
	if n != 12 {
		t.Errorf("%d pairs, want 12", n)
	}
}

func TestRegionAndBoundaryEqualReference(t *testing.T) {
	g := golden.Open(t, "video.safetensors")
	goldenMasks(t, g, func(name string, truth, got []bool, h, w int) {
		want := g.Float64s(name + ".j_f")
		sameNumber(t, name+", J", region(truth, got), want[0])
		sameNumber(t, name+", F", boundary(truth, got, h, w), want[1])
		if !slices.Equal(outline(truth, h, w), objectMask(g.Bytes(name+".truth_outline"), 1)) {
			t.Errorf("%s: another outline", name)
		}
	})
}

// A plainBoundary is F by plain loops, with the mistakes that are usually made.
type plainBoundary struct {
	RoundDown bool // the tolerance is rounded down
	Square    bool // pixels match in a square, not in a disc
}

// boundaryPlain is F of two masks (h, w).
func boundaryPlain(truth, got []bool, h, w int, o plainBoundary) float64 {
	tolerance := 0.008 * math.Hypot(float64(h), float64(w))
	radius := int(math.Ceil(tolerance))
	if o.RoundDown {
		radius = int(tolerance)
	}
	edges := func(m []bool) (at [][2]int) {
		for y := range h {
			for x := range w {
				for _, n := range [][2]int{{y, x + 1}, {y + 1, x}, {y + 1, x + 1}} {
					if m[min(n[0], h-1)*w+min(n[1], w-1)] != m[y*w+x] {
						at = append(at, [2]int{y, x})
						break
					}
				}
			}
		}
		return at
	}
	matched := func(of, among [][2]int) float64 {
		n := 0
		for _, a := range of {
			if slices.ContainsFunc(among, func(b [2]int) bool {
				y, x := a[0]-b[0], a[1]-b[1]
				if o.Square {
					return max(y, -y, x, -x) <= radius
				}
				return y*y+x*x <= radius*radius
			}) {
				n++
			}
		}
		return float64(n) / float64(len(of))
	}
	a, b := edges(truth), edges(got)
	if len(a) == 0 || len(b) == 0 {
		return map[bool]float64{true: 1}[len(a) == len(b)]
	}
	precision, recall := matched(b, a), matched(a, b)
	if precision+recall == 0 {
		return 0
	}
	return 2 * precision * recall / (precision + recall)
}

// The usual mistakes land as far away as is written in testdata/golden/README-evals.md: one in the frames of the golden
// sequence, whose tolerance is 1 pixel, the other in two discs, where it is 2.
func TestBoundarySeesMistakes(t *testing.T) {
	g := golden.Open(t, "video.safetensors")
	square := 0.0
	goldenMasks(t, g, func(name string, truth, got []bool, h, w int) {
		want := g.Float64s(name + ".j_f")[1]
		sameNumber(t, name+", by plain loops", boundaryPlain(truth, got, h, w, plainBoundary{}), want)
		if name == "pair.shifted" {
			square = math.Abs(boundaryPlain(truth, got, h, w, plainBoundary{Square: true}) - want)
		}
	})
	if math.Abs(square-0.19) > 0.006 {
		t.Errorf("square for disc: off by %.3f, want 0.19", square)
	}
	shape := g.Shape("jf.truth")
	h, w := shape[1], shape[2]
	truth, result, fs := g.Bytes("jf.truth"), g.Bytes("jf.result"), g.Float64s("jf.f")
	down := 0.0
	for object := 1; object <= 3; object++ {
		for f := 1; f < shape[0]-1; f++ {
			a, b := truth[f*h*w:(f+1)*h*w], result[f*h*w:(f+1)*h*w]
			got := boundaryPlain(objectMask(a, object), objectMask(b, object), h, w, plainBoundary{RoundDown: true})
			down = max(down, math.Abs(got-fs[(object-1)*(shape[0]-2)+f-1]))
		}
	}
	if math.Abs(down-0.51) > 0.006 {
		t.Errorf("tolerance rounded down: off by %.3f, want 0.51", down)
	}
}
