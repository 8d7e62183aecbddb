package augment

import (
	"bytes"
	"slices"
	"testing"

	"github.com/dinogpu/dinogpu/testdata/golden"
)

// The crop that torchvision makes for linear classifiers, within one gray level.
func TestBilinearCropEqualsReference(t *testing.T) {
	g := golden.Open(t, "linear.safetensors")
	at := g.Ints("crop.top_left_h_w_size")
	got := BilinearCrop(photo(t), Box{Top: at[0], Left: at[1], H: at[2], W: at[3]}, at[4], at[4]).Pix
	if worst, _ := diff(t, got, g.Bytes("crop.bilinear")); worst > 1 {
		t.Errorf("off by up to %d gray levels", worst)
	}
}

func photo(t *testing.T) *Image {
	t.Helper()
	im, err := ReadUpright(golden.Path(t, "photo.png"))
	if err != nil {
		t.Fatal(err)
	}
	return im
}

// A view hangs on the seed, the epoch and the image alone; half of them are mirrored.
func TestClassifierView(t *testing.T) {
	im := photo(t)
	first := ClassifierView(im, 16, 1, 2, 3)
	if len(first) != 16*16*3 || !bytes.Equal(first, ClassifierView(im, 16, 1, 2, 3)) {
		t.Error("the same view twice differs")
	}
	for what, other := range map[string][]uint8{
		"seed": ClassifierView(im, 16, 2, 2, 3), "epoch": ClassifierView(im, 16, 1, 3, 3), "image": ClassifierView(im, 16, 1, 2, 4),
	} {
		if bytes.Equal(first, other) {
			t.Errorf("another %s has the same view", what)
		}
	}
	ramp := NewImage(64, 64) // bright on the right
	for i := range ramp.Pix {
		ramp.Pix[i] = uint8(4 * (i / 3 % 64))
	}
	mirrored, lowest := 0, 255
	for i := range 200 {
		v := ClassifierView(ramp, 8, 0, 0, i)
		if v[0] > v[7*3] {
			mirrored++
		}
		lowest = min(lowest, max(int(v[0]), int(v[7*3]))-min(int(v[0]), int(v[7*3])))
	}
	if mirrored < 70 || mirrored > 130 {
		t.Errorf("%d of 200 views are mirrored", mirrored)
	}
	// the narrowest crop of 0.08 of the area is 16 of 64 pixels wide
	if lowest < 40 || lowest > 90 {
		t.Errorf("the narrowest of 200 crops spans %d gray levels", lowest)
	}
}

func TestClassifierOrders(t *testing.T) {
	order := ClassifierOrder(1, 2, 50)
	if got := slices.Sorted(slices.Values(order)); got[0] != 0 || got[49] != 49 || slices.Equal(order, got) {
		t.Errorf("no random order: %v", order)
	}
	if slices.Equal(order, ClassifierOrder(1, 3, 50)) || slices.Equal(order, ClassifierOrder(2, 2, 50)) {
		t.Error("epochs or seeds share an order")
	}
	if slices.Equal(PartOrder(1, 2, 50), PartOrder(1, 3, 50)) || !slices.Equal(PartOrder(1, 2, 50), PartOrder(1, 2, 50)) {
		t.Error("the order of a class does not hang on the class alone")
	}
}
