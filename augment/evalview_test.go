package augment

import (
	"bytes"
	"testing"
)

// The view is torchvision's (testdata/golden/make.py) to the byte.
func TestEvalGolden(t *testing.T) {
	g := openGolden(t)
	got := resizeCenter(g.image("photo"), 64, 56)
	want := g.image("eval.resize64_center56")
	within(t, "eval.resize64_center56", got, want.Pix, 0)
	// 56 is the size whose short side is 64, so the exported one is the same.
	within(t, "EvalView 56", EvalView(g.image("photo"), 56), want.Pix, 0)
}

// Odd shapes: a line, a dot, an image smaller than the view.
func TestEvalShapes(t *testing.T) {
	for _, d := range [][2]int{{1, 1}, {1, 90}, {90, 1}, {28, 28}, {5, 300}} {
		for _, size := range []int{1, 14, 28} {
			im := noise(d[0], d[1], 5)
			if got := len(EvalView(im, size)); got != size*size*3 {
				t.Errorf("%v to %d: %d bytes", d, size, got)
			}
		}
	}
}

func TestMovedIsPure(t *testing.T) {
	im := noise(28, 28, 6)
	a, b := Moved(im, 28, 7, 3), Moved(im, 28, 7, 3)
	if !bytes.Equal(a, b) {
		t.Error("the same seed and image gave two different views")
	}
	for _, other := range [][]uint8{Moved(im, 28, 8, 3), Moved(im, 28, 7, 4)} {
		if bytes.Equal(a, other) {
			t.Error("another seed or image gave the same view")
		}
	}
	if len(a) != 28*28*3 {
		t.Errorf("%d bytes", len(a))
	}
}
