package eval

import (
	"hash/crc32"
	"math"
	"slices"
	"testing"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/testdata/golden"
)

// The sizes of frames are the reference's, and those of masks too where it lays them on their frames.
func TestFrameSizeEqualsReference(t *testing.T) {
	g := golden.Open(t, "video.safetensors")
	frames, masks := g.Ints("frame_h_w_to_h_w"), g.Ints("mask_h_w_to_h_w")
	squares := 0
	for i := 0; i < len(frames); i += 4 {
		h, w := frames[i], frames[i+1]
		for _, patch := range []int{8, 16} {
			if height, width := FrameSize(h, w, 480, patch); height != frames[i+2] || width != frames[i+3] {
				t.Errorf("%d x %d at patch %d: %d x %d, want %d x %d", h, w, patch, height, width, frames[i+2], frames[i+3])
			}
		}
		if h == w {
			squares++
		} else if !slices.Equal(frames[i:i+4], masks[i:i+4]) {
			t.Errorf("%d x %d: the reference's mask of %v is not of its frame's size", h, w, masks[i:i+4])
		}
	}
	if squares == 0 {
		t.Error("there is no square video among the sizes")
	}
}

// Other sizes and patches: in proportion, in whole patches, at least one.
func TestFrameSizeInProportion(t *testing.T) {
	for _, c := range []struct{ h, w, short, patch, height, width int }{
		{480, 854, 60, 4, 60, 104}, // weights of 28 pixels: multiples of 8
		{854, 480, 60, 4, 104, 60},
		{480, 854, 476, 14, 476, 840}, // multiples of 56 for 64
		{480, 854, 480, 14, 476, 840},
		{480, 854, 480, 32, 480, 832},
		{480, 854, 500, 7, 497, 882}, // 66, in whole patches 63
		{96, 120, 3, 4, 4, 4},
		{1, 9000, 16, 8, 16, 144000},
	} {
		if height, width := FrameSize(c.h, c.w, c.short, c.patch); height != c.height || width != c.width {
			t.Errorf("%+v: %d x %d", c, height, width)
		}
	}
}

// A frame is read as OpenCV resizes it, byte for byte, and normalized with the script's own deviation of red.
func TestLinearResizeEqualsOpenCV(t *testing.T) {
	g := golden.Open(t, "video.safetensors")
	im, err := augment.ReadUpright(golden.Path(t, "photo.png"))
	if err != nil {
		t.Fatal(err)
	}
	want := g.Bytes("photo.96x112")
	got := linearResize(im, 112, 96)
	differ := 0
	for i := range want {
		if got[i] != want[i] {
			differ++
		}
	}
	if len(got) != len(want) || differ > 0 {
		t.Errorf("%d of %d values are not OpenCV's", differ, len(want))
	}
	mean, std := settings.RGB{0.485, 0.456, 0.406}, videoStd(settings.RGB{0.229, 0.224, 0.225})
	normalized := g.Float32s("photo.96x112.normalized")
	for i, v := range got {
		c, at := i%3, i/3
		x := (float64(v)/255 - float64(mean[c])) / float64(std[c])
		if n := float64(normalized[c*96*112+at]); math.Abs(x-n) > 1e-5 {
			t.Fatalf("value %d is normalized to %g, want %g", i, x, n)
		}
	}
	if own := (settings.RGB{0.5, 0.224, 0.225}); videoStd(own) != own {
		t.Error("weights of other deviations do not keep theirs")
	}
}

// Sizes that enlarge, shrink, halve and keep one side; edges that mix with themselves. The sums are of what cv2.resize 4.6
// makes of the same bytes.
func TestLinearResizeAtOtherSizes(t *testing.T) {
	for _, c := range []struct {
		h, w, toH, toW int
		sum            uint32
	}{
		{50, 60, 100, 120, 0xda9a3a5e},
		{100, 120, 50, 60, 0x0f6a6d2e},
		{64, 48, 33, 128, 0x8c775f10},
		{7, 9, 48, 64, 0x2877e7b2},
		{1, 5, 8, 8, 0x0f4df6f5},
		{30, 40, 90, 40, 0x13fd283b},
		{96, 120, 32, 40, 0xf454e111},
	} {
		im := augment.NewImage(c.w, c.h)
		for i := range im.Pix {
			im.Pix[i] = uint8(i*i/7 + 31*i)
		}
		if sum := crc32.ChecksumIEEE(linearResize(im, c.toW, c.toH)); sum != c.sum {
			t.Errorf("%+v: the sum is %#x", c, sum)
		}
	}
	im := augment.NewImage(7, 5)
	if out := linearResize(im, 7, 5); &out[0] != &im.Pix[0] {
		t.Error("an image of the size already was resampled")
	}
}
