package eval

import (
	"errors"
	"fmt"
	"image"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
	"github.com/dinogpu/dinogpu/testdata/golden"
)

// Each object's IoU by each head, its best head and the means are NumPy's, from masks that are read from files.
func TestJaccardEqualsReference(t *testing.T) {
	g := golden.Open(t, "attention.safetensors")
	maps, shape, patch := g.Float32s("maps"), g.Shape("maps"), g.Int("patch")
	heads, gridH, gridW := shape[1], shape[2], shape[3]
	w, h, n := gridW*patch, gridH*patch, gridW*gridH
	grid := shownGrid{w, h, patch, gridW, gridH}
	for _, threshold := range []float64{0.6, 0.8} {
		for name, ignore := range map[string]bool{"void_ignored": true, "void_as_background": false} {
			var all Jaccard
			var means []float64
			for i := range shape[0] {
				path := putFile(t, encodePNG(t, paletteOf(g.Bytes("objects")[i*w*h:][:w*h], w, h)), t.TempDir(), "mask.png")
				labels, _, _, err := readLabels(path)
				if err != nil {
					t.Fatal(err)
				}
				var of [][]float32
				for k := range heads {
					of = append(of, maps[(i*heads+k)*n:][:n])
				}
				scores := grid.count(labels, w, h, ignore).scores(of, threshold)
				tag := fmt.Sprintf("t%g.image%d.%s", threshold, i, name)
				checkScores(t, tag, g, scores)
				all.Images = append(all.Images, ImageScore{Objects: scores})
				one := Jaccard{Images: all.Images[i:]}
				if err := one.mean(); err != nil {
					t.Fatal(err)
				}
				means = append(means, one.Best)
			}
			if err := all.mean(); err != nil {
				t.Fatal(err)
			}
			want := g.Float64s(fmt.Sprintf("t%g.%s.jaccard_of_images_and_mean", threshold, name))
			for i, v := range append(means, all.Best) {
				if math.Abs(v-want[i]) > 1e-9 {
					t.Errorf("%g, %s: %d of images and mean is %g, want %g", threshold, name, i, v, want[i])
				}
			}
		}
	}
}

func checkScores(t *testing.T, tag string, g *golden.File, scores []ObjectScore) {
	t.Helper()
	iou, best := g.Float64s(tag+".iou"), g.Ints(tag+".best_head")
	if len(scores) != len(best) {
		t.Fatalf("%s: %d objects, want %d", tag, len(scores), len(best))
	}
	for o, s := range scores {
		for k, v := range s.IoU {
			if want := iou[o*len(s.IoU)+k]; math.Abs(v-want) > 1e-9 {
				t.Errorf("%s: object %d, head %d: %g, want %g", tag, s.Object, k, v, want)
			}
		}
		if head, v := s.Best(); head != best[o] || v != s.IoU[best[o]] || s.Object != o+1 {
			t.Errorf("%s: object %d: head %d with %g, want %d", tag, s.Object, head, v, best[o])
		}
	}
}

// The patches that a mask keeps cover the reference's pixels.
func TestMasksCoverTheReferencesPixels(t *testing.T) {
	g := golden.Open(t, "attention.safetensors")
	shape, patch := g.Shape("maps"), g.Int("patch")
	heads, gridH, gridW := shape[1], shape[2], shape[3]
	rows, columns := patchesOf(gridH*patch, gridH*patch, patch, gridH), patchesOf(gridW*patch, gridW*patch, patch, gridW)
	for _, threshold := range []float64{0.6, 0.8} {
		want := g.Bytes(fmt.Sprintf("t%g.image0.upsampled", threshold))
		for h := range heads {
			kept := Kept(g.Float32s("maps")[h*gridH*gridW:][:gridH*gridW], threshold)
			for y, row := range rows {
				for x, column := range columns {
					if kept[row*gridW+column] != (want[(h*len(rows)+y)*len(columns)+x] == 1) {
						t.Fatalf("%g, head %d: pixel %d,%d is covered: %v", threshold, h, x, y, kept[row*gridW+column])
					}
				}
			}
		}
	}
}

// One image counts as another, whatever the number of its objects; a head alone is no better than the best of each object.
func TestJaccardMeans(t *testing.T) {
	score := func(iou ...float64) ObjectScore { return ObjectScore{Object: 1, IoU: iou} }
	j := Jaccard{Images: []ImageScore{
		{"a", []ObjectScore{score(0.5, 0.25), score(0, 0.75)}},
		{"b", []ObjectScore{score(0.125, 0.125)}},
	}}
	if err := j.mean(); err != nil {
		t.Fatal(err)
	}
	if j.Best != 0.375 || !slices.Equal(j.Heads, []float64{0.1875, 0.3125}) || j.Objects() != 3 {
		t.Errorf("%g, heads %v", j.Best, j.Heads)
	}
	if head, _ := score(0.125, 0.125).Best(); head != 0 {
		t.Errorf("of equal heads number %d is the best", head)
	}
	if err := (&Jaccard{LeftOut: 3}).mean(); err == nil || err.Error() != "none of 3 images can be measured" {
		t.Errorf("the mean of nothing: %v", err)
	}
}

// drawBlobs makes an image of two blobs, one with void around it and one in the far corner, and its labels.
func drawBlobs(w, h int) (*augment.Image, []uint8) {
	im, labels := augment.NewImage(w, h), make([]uint8, w*h)
	for y := range h {
		for x := range w {
			i := y*w + x
			im.Pix[3*i], im.Pix[3*i+1], im.Pix[3*i+2] = uint8(3*x), uint8(5*y), uint8(x*y)
			switch r := math.Hypot(float64(x-w/4), float64(y-h/3)); {
			case r < float64(h)/5:
				labels[i], im.Pix[3*i] = 7, 255
			case r < float64(h)/4:
				labels[i] = voidLabel
			case x > 2*w/3 && y > h/2:
				labels[i], im.Pix[3*i+1] = 200, 0
			}
		}
	}
	return im, labels
}

// putObject writes an image as PNG and its mask into DIR/images and DIR/masks.
func putObject(t *testing.T, dir, name string, w, h int) {
	t.Helper()
	im, labels := drawBlobs(w, h)
	putFile(t, encodePNG(t, rgbOf(im)), dir, "images", name+".png")
	putFile(t, encodePNG(t, paletteOf(labels, w, h)), dir, "masks", name+".png")
}

// A network's scores of files are those of its attention in the resized image, pixel by pixel of the mask.
func TestJaccardOfFiles(t *testing.T) {
	d := device(t)
	v, weights := goldenNet(t, d)
	c := dino.BackboneConfig{ViT: v, Mean: settings.RGB{.485, .456, .406}, Std: settings.RGB{.229, .224, .225}}
	dir := t.TempDir()
	putObject(t, dir, "a", 75, 101)
	putObject(t, dir, "b", 90, 50)
	putFile(t, []byte("damaged"), dir, "images", "c.png")
	putFile(t, encodePNG(t, paletteOf([]uint8{1}, 1, 1)), dir, "masks", "c.png")
	objects, err := OpenObjects(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range []JaccardRule{{Size: 50, Threshold: 0.6}, {Size: 50, Threshold: 0.5, IgnoreVoid: true}} {
		var left []string
		done := 0
		got, err := objects.Jaccard(t.Context(), d, c, weights, rule, Reading{
			LeftOut: func(name string, _ error) { left = append(left, name) }, Done: func(n int) { done = n },
		})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(left, []string{"c.png"}) || got.LeftOut != 1 || done != 3 {
			t.Errorf("left out %v, %d; done %d", left, got.LeftOut, done)
		}
		want := []ImageScore{
			{"a.png", scoresByPixel(t, d, 75, 101, c, rule, weights)},
			{"b.png", scoresByPixel(t, d, 90, 50, c, rule, weights)},
		}
		if diff := cmp.Diff(want, got.Images); diff != "" {
			t.Errorf("%+v (-by pixel +got):\n%s", rule, diff)
		}
	}
}

// Masks that are wrong as a kind end the measurement, each with a sentence; what has nothing to measure is left out.
func TestJaccardOfBadMasks(t *testing.T) {
	d := device(t)
	v, weights := goldenNet(t, d)
	c := dino.BackboneConfig{ViT: v, Std: settings.RGB{1, 1, 1}}
	for want, c2 := range map[string]struct {
		labels  []uint8
		w, h    int
		cut     int
		leftOut bool
	}{
		`b.png" is 30 x 40 pixels and image "b.png" is 40 x 30: a mask has to be of its image's size`: {labels: make([]uint8, 1200), w: 30, h: 40},
		`b.png" has no object, only 0, background`:                                                    {labels: make([]uint8, 1200), w: 40, h: 30, leftOut: true},
		`b.png" has no object, only 0, background, and 255, which is void: objects are 1 to 254`:      {labels: append(make([]uint8, 1199), 255), w: 40, h: 30, leftOut: true},
		`b.png" has no object, only some in the pixels behind the last whole patch`:                   {labels: append(make([]uint8, 1199), 4), w: 40, h: 30, leftOut: true},
		`b.png": it is damaged`: {labels: append(make([]uint8, 1199), 4), w: 40, h: 30, cut: 30, leftOut: true},
	} {
		dir := t.TempDir()
		putObject(t, dir, "a", 40, 30)
		putObject(t, dir, "b", 40, 30)
		mask := encodePNG(t, paletteOf(c2.labels, c2.w, c2.h))
		putFile(t, mask[:len(mask)-c2.cut], dir, "masks", "b.png")
		objects, err := OpenObjects(dir)
		if err != nil {
			t.Fatal(err)
		}
		var said error
		got, err := objects.Jaccard(t.Context(), d, c, weights, JaccardRule{Size: 30, Threshold: 0.6}, Reading{LeftOut: func(_ string, err error) { said = err }})
		if c2.leftOut {
			if err != nil || got.LeftOut != 1 || len(got.Images) != 1 {
				t.Errorf("%s: %+v, %v", want, got, err)
				continue
			}
			err = said
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// An image that would become too long is left out before it is resized.
func TestJaccardOfALongImage(t *testing.T) {
	dir := t.TempDir()
	putObject(t, dir, "a", 2000, 2)
	objects, err := OpenObjects(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = objects.look(0, JaccardRule{Size: 30, Threshold: 0.6}, 8)
	if !errors.As(err, new(*unmeasuredError)) || !strings.Contains(err.Error(), "its 2000 x 2 pixels would become 30000 x 30") {
		t.Errorf("%v", err)
	}
}

func TestJaccardOfWrongWeights(t *testing.T) {
	d := device(t)
	v, weights := goldenNet(t, d)
	if err := d.Write(weights.Tensor(settings.BackbonePrefix+"blocks.4.attn.qkv.bias"), slices.Repeat([]float32{float32(math.NaN())}, 3*v.Dim)); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	putObject(t, dir, "a", 40, 30)
	objects, err := OpenObjects(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = objects.Jaccard(t.Context(), d, dino.BackboneConfig{ViT: v, Std: settings.RGB{1, 1, 1}}, weights, JaccardRule{Size: 30, Threshold: 0.6}, Reading{})
	if err == nil || !strings.Contains(err.Error(), "attention is not finite") {
		t.Errorf("%v", err)
	}
}

// scoresByPixel goes through an image's pixels one by one.
func scoresByPixel(t *testing.T, d *gpu.Device, w, h int, c dino.BackboneConfig, rule JaccardRule, weights *layers.Arena) []ObjectScore {
	t.Helper()
	im, labels := drawBlobs(w, h)
	shown := augment.Shown(im, rule.Size)
	c.Height, c.Width, c.Attention = shown.H, shown.W, []int{c.ViT.Depth - 1}
	b, err := dino.NewBackbone(d, d.Target(), c, weights)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Release()
	out, err := b.Run(t.Context(), [][]uint8{shown.Pix})
	if err != nil {
		t.Fatal(err)
	}
	gridH, gridW := b.Config.Grid()
	var all []ObjectScore
	for _, object := range []uint8{7, 200} {
		s := ObjectScore{Object: int(object)}
		for k := range c.ViT.Heads {
			kept := Kept(out.Map(0, 0, 0, k), rule.Threshold)
			var both, either int
			s.Area = 0
			for i, label := range labels {
				x := int((float64(i%w) + 0.5) * float64(shown.W) / float64(w) / float64(c.ViT.Patch))
				y := int((float64(i/w) + 0.5) * float64(shown.H) / float64(h) / float64(c.ViT.Patch))
				if x >= gridW || y >= gridH || label == voidLabel && rule.IgnoreVoid {
					continue
				}
				in, covered := label == object, kept[y*gridW+x]
				if in {
					s.Area++
				}
				if in && covered {
					both++
				}
				if in || covered {
					either++
				}
			}
			s.IoU = append(s.IoU, float64(both)/float64(either))
		}
		all = append(all, s)
	}
	return all
}

// rgbOf is an image as package image has it.
func rgbOf(im *augment.Image) image.Image {
	out := image.NewNRGBA(image.Rect(0, 0, im.W, im.H))
	for i := range im.W * im.H {
		copy(out.Pix[4*i:], append(slices.Clone(im.Pix[3*i:][:3]), 255))
	}
	return out
}
