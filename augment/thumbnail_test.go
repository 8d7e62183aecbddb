package augment

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/dinogpu/dinogpu/testdata/golden"
)

// Sizes and pixels are Pillow's.
func TestThumbnailGolden(t *testing.T) {
	raw, err := os.ReadFile(golden.Path(t, "retrieval.json"))
	if err != nil {
		t.Fatal(err)
	}
	var sizes struct {
		Rows [][5]int `json:"thumbnail_w_h_limit_to_w_h"`
	}
	if err := json.Unmarshal(raw, &sizes); err != nil || len(sizes.Rows) != 36 {
		t.Fatalf("%d sizes, %v", len(sizes.Rows), err)
	}
	for _, r := range sizes.Rows {
		if w, h := ThumbnailSize(r[0], r[1], r[2]); w != r[3] || h != r[4] {
			t.Errorf("%d x %d within %d is %d x %d, want %d x %d", r[0], r[1], r[2], w, h, r[3], r[4])
		}
	}
	g := golden.Open(t, "retrieval.safetensors")
	photo, err := ReadUpright(golden.Path(t, "photo.png"))
	if err != nil {
		t.Fatal(err)
	}
	for _, most := range []int{64, 32, 20} {
		name := fmt.Sprint("thumbnail.", most)
		got := Thumbnail(photo, most)
		if s := g.Shape(name); s[0] != got.H || s[1] != got.W {
			t.Fatalf("%s is %d x %d, want %v", name, got.W, got.H, s)
		}
		within(t, name, got.Pix, g.Bytes(name), 1)
	}
	if Thumbnail(photo, photo.W) != photo {
		t.Error("an image that is small enough is changed")
	}
}

// Without the blocks, or with whole blocks alone, the golden thumbnail of 20 pixels would not come out.
func TestThumbnailBlocksMatter(t *testing.T) {
	photo, err := ReadUpright(golden.Path(t, "photo.png"))
	if err != nil {
		t.Fatal(err)
	}
	want := golden.Open(t, "retrieval.safetensors").Bytes("thumbnail.20")
	s := &scratch{}
	s.rows.by, s.cols.by = lanczos, lanczos
	plain := make([]uint8, len(want))
	resizeInto(plain, photo, area{right: float64(photo.W), bottom: float64(photo.H)}, 20, 15, s)
	whole := make([]uint8, len(want))
	small := average(photo, 3, 3)
	resizeInto(whole, small, area{right: float64(small.W), bottom: float64(small.H)}, 20, 15, s)
	for name, got := range map[string][]uint8{"plain Lanczos": plain, "whole blocks": whole} {
		worst := 0
		for i, v := range got {
			worst = max(worst, int(v)-int(want[i]), int(want[i])-int(v))
		}
		if worst < 4 {
			t.Errorf("%s differs by %d gray levels at most, and would pass for Pillow's", name, worst)
		}
	}
}

// Lines and dots have thumbnails too.
func TestThumbnailShapes(t *testing.T) {
	for _, d := range [][2]int{{1, 1}, {1, 900}, {900, 1}, {301, 7}, {40, 40}} {
		im := Thumbnail(noise(d[0], d[1], 5), 24)
		if len(im.Pix) != im.W*im.H*3 || im.W > 24 || im.H > 24 || im.W < 1 || im.H < 1 {
			t.Errorf("%v becomes %d x %d", d, im.W, im.H)
		}
	}
}
