package eval

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
	"github.com/dinogpu/dinogpu/testdata/golden"
)

// imageSource has images in memory; a nil one cannot be read.
type imageSource []*augment.Image

func (s imageSource) Len() int          { return len(s) }
func (s imageSource) Name(i int) string { return fmt.Sprint("n", i) }
func (s imageSource) Label(int) int     { return -1 }
func (s imageSource) Classes() []string { return nil }
func (s imageSource) Decode(i int) (*augment.Image, error) {
	if s[i] == nil {
		return nil, errors.New("damaged")
	}
	return s[i], nil
}

// goldenNet is the backbone of the golden files of evaluations.
func goldenNet(t *testing.T, d *gpu.Device) (layers.ViTConfig, *layers.Arena) {
	t.Helper()
	g := golden.Open(t, "vit_evals.safetensors")
	v := layers.ViTConfig{ImageSize: g.Int("size"), Patch: g.Int("patch"), Dim: g.Int("dim"), Depth: g.Int("depth"), Heads: g.Int("heads")}
	l := &layers.Params{}
	v.AddParams(l, settings.BackbonePrefix)
	a := l.NewArena("weights")
	t.Cleanup(a.Release)
	for _, p := range l.List {
		if err := d.Write(a.Tensor(p.Name), g.Float32s("weights."+strings.TrimPrefix(p.Name, settings.BackbonePrefix))); err != nil {
			t.Fatal(err)
		}
	}
	return v, a
}

// embedding is one with the golden backbone, of images at 32 pixels.
func goldenEmbedding(t *testing.T, d *gpu.Device, s augment.Source) (Embedding, *layers.Arena) {
	t.Helper()
	v, weights := goldenNet(t, d)
	return Embedding{Source: s, ViT: v, Mean: settings.RGB{.485, .456, .406}, Std: settings.RGB{.229, .224, .225}, Size: 32}, weights
}

// embed collects all parts, which have to come in order.
func embed(t *testing.T, d *gpu.Device, e Embedding, weights *layers.Arena) ([]Embedded, EmbedTimes) {
	t.Helper()
	var rows []Embedded
	times, err := e.Run(context.Background(), d, weights, func(r Embedded) error {
		if r.Index != len(rows) {
			t.Fatalf("image %d comes behind %d others", r.Index, len(rows))
		}
		rows = append(rows, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows, times
}

// goldenImages are photo.png, it transposed, and its upper left.
func goldenImages(t *testing.T) imageSource {
	t.Helper()
	s, err := augment.OpenImages(golden.Path(t, "photo.png"))
	if err != nil {
		t.Fatal(err)
	}
	photo, err := s.Decode(0)
	if err != nil {
		t.Fatal(err)
	}
	turned, part := augment.NewImage(photo.H, photo.W), augment.NewImage(48, 40)
	for y := range photo.H {
		for x := range photo.W {
			p := photo.Pix[(y*photo.W+x)*3:][:3]
			copy(turned.Pix[(x*photo.H+y)*3:], p)
			if x < part.W && y < part.H {
				copy(part.Pix[(y*part.W+x)*3:], p)
			}
		}
	}
	return imageSource{photo, turned, part}
}

// near fails unless the values are all there and within 1e-4 of the largest.
func near(t *testing.T, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	largest, off := 0.0, 0.0
	for i, w := range want {
		largest = max(largest, math.Abs(float64(w)))
		off = max(off, math.Abs(float64(got[i]-w)))
	}
	if !(off <= 1e-4*largest) {
		t.Errorf("%s: off by %g of %g", what, off, largest)
	}
}

// blocksOf keeps the last n of the four blocks that the golden tokens (many, 4*dim) hold side by side.
func blocksOf(tokens []float32, n, dim int) []float32 {
	var kept []float32
	for row := range slices.Chunk(tokens, 4*dim) {
		kept = append(kept, row[(4-n)*dim:]...)
	}
	return kept
}

// Files to features as PyTorch, torchvision and Pillow make them: the last block and the last four, classes and patches,
// the central square and whole images of three shapes.
func TestEmbedGolden(t *testing.T) {
	d, g := device(t), golden.Open(t, "embed.safetensors")
	e, weights := goldenEmbedding(t, d, goldenImages(t))
	dim := e.ViT.Dim
	for view, set := range map[string]func(*Embedding){
		"crop":    func(*Embedding) {},
		"whole32": func(e *Embedding) { e.Whole = true },
		"whole40": func(e *Embedding) { e.Whole, e.Size = true, 40 },
	} {
		for _, n := range []int{1, 4} {
			e := e
			set(&e)
			e.Blocks, e.Patches = n, n == 4
			rows, times := embed(t, d, e, weights)
			if len(rows) != 3 || times.Images != 3 || times.LeftOut != 0 || times.Device <= 0 || times.Building <= 0 || e.Dim() != n*dim {
				t.Fatalf("%s: %d images, %+v", view, len(rows), times)
			}
			for i, r := range rows {
				want := blocksOf(g.Float32s(fmt.Sprintf("image%d.%s", i, view)), n, dim)
				near(t, fmt.Sprintf("%s, image %d, n%d", view, i, n), r.Features, want[:n*dim])
				if r.Grid[0]*r.Grid[1]*n*dim != len(want)-n*dim || !e.Whole && r.Grid != e.Grid() {
					t.Errorf("%s, image %d: a grid of %v", view, i, r.Grid)
				}
				if e.Patches {
					near(t, fmt.Sprintf("%s, image %d, patches", view, i), r.Patches, want[n*dim:])
				} else if r.Patches != nil {
					t.Error("patch tokens that nobody asked for")
				}
			}
		}
	}
}

// The features that linear probes are given: the last block's, and the last four side by side.
func TestEmbedGoldenLinear(t *testing.T) {
	d, g := device(t), golden.Open(t, "linear.safetensors")
	v, weights := goldenNet(t, d)
	for _, size := range []struct{ n, h, w int }{{3, 32, 32}, {2, 48, 40}} {
		tag := fmt.Sprintf("%dx%d.", size.h, size.w)
		for _, blocks := range []int{1, 4} {
			net, err := dino.NewBackbone(d, d.Target(), dino.BackboneConfig{ViT: v, Height: size.h, Width: size.w, Batch: 2, Blocks: blocks, Normalized: true}, weights)
			if err != nil {
				t.Fatal(err)
			}
			input := g.Float32s(tag + "input")
			out, err := net.RunNormalized(context.Background(), slices.Collect(slices.Chunk(input, len(input)/size.n)))
			net.Release()
			if err != nil {
				t.Fatal(err)
			}
			var all []float32
			for _, r := range rowsOf(out, size.n, [2]int{size.h / 8, size.w / 8}) {
				all = append(all, r.Features...)
			}
			near(t, fmt.Sprintf("%sn%d", tag, blocks), all, g.Float32s(fmt.Sprintf("%sn%d", tag, blocks)))
		}
	}
}

// manyShapes are n small images, of one shape each in turn; every seventh cannot be read.
func manyShapes(n int, shapes ...[2]int) imageSource {
	s := make(imageSource, n)
	for i := range s {
		if i%7 == 3 {
			continue
		}
		w, h := shapes[i%len(shapes)][0], shapes[i%len(shapes)][1]
		s[i] = augment.NewImage(w, h)
		for p := range s[i].Pix {
			s[i].Pix[p] = uint8(p*(i+3) + p*p/11)
		}
	}
	return s
}

// Images of more shapes than backbones are kept for come out in order, each as it comes out alone.
func TestEmbedOfManyShapes(t *testing.T) {
	d := device(t)
	var shapes [][2]int
	for k := range mostNets + 2 {
		shapes = append(shapes, [2]int{16, 16 + 8*k})
	}
	images := manyShapes(41, shapes...)
	images[40] = augment.NewImage(8200, 8) // longer than any image may be
	e, weights := goldenEmbedding(t, d, images)
	e.ViT.Depth = 2
	e.Size, e.Whole, e.Patches, e.Workers = 16, true, true, 3
	rows, times := embed(t, d, e, weights)
	if len(rows) != 41 || times.Images != 41 || times.LeftOut != 7 {
		t.Fatalf("%d images, %+v", len(rows), times)
	}
	if err := rows[40].Err; err == nil || !strings.Contains(err.Error(), "8192 at most") {
		t.Errorf("the longest: %v", err)
	}
	for i, r := range rows[:40] {
		if images[i] == nil {
			if r.Err == nil || r.Features != nil || r.Patches != nil {
				t.Errorf("image %d, which cannot be read: %+v", i, r)
			}
			continue
		}
		if r.Grid != [2]int{images[i].H / 8, images[i].W / 8} {
			t.Fatalf("image %d of %d x %d: a grid of %v", i, images[i].W, images[i].H, r.Grid)
		}
		if i > 20 { // every shape came by
			continue
		}
		e := e
		e.Source = images[i : i+1]
		alone, _ := embed(t, d, e, weights)
		if !slices.Equal(alone[0].Features, r.Features) || !slices.Equal(alone[0].Patches, r.Patches) {
			t.Errorf("image %d differs from itself alone", i)
		}
	}
}

// What waits is bounded: an odd image at the front does not hold up all that follow.
func TestEmbedHoldsBackLittle(t *testing.T) {
	d := device(t)
	images := manyShapes(700, [2]int{16, 16})
	images[0] = augment.NewImage(16, 24)
	decoded := &countingImages{imageSource: images}
	e, weights := goldenEmbedding(t, d, decoded)
	e.ViT.Depth, e.Size, e.Whole = 1, 16, true
	q, err := newEmbedQueue(e, d, weights, nil)
	if err != nil {
		t.Fatal(err)
	}
	at, cores, batch := -1, runtime.GOMAXPROCS(0), q.batch(e.usual())
	most := mostBatches*batch + 2*max(batch, cores) + cores + 2 // that wait, that are decoded, and on their way
	if _, err := e.Run(context.Background(), d, weights, func(r Embedded) error {
		if at++; r.Index != at {
			t.Fatalf("image %d at %d", r.Index, at)
		}
		if ahead := int(decoded.count.Load()) - at; ahead > most {
			t.Fatalf("%d images are decoded before image %d is taken", ahead, at)
		}
		return nil
	}); err != nil || at != 699 {
		t.Errorf("%d images, %v", at+1, err)
	}
}

// Where an image is too large, the error names the largest of its ratio that is not.
func TestEmbedSaysWhatWouldFit(t *testing.T) {
	d := device(t)
	e, weights := goldenEmbedding(t, d, manyShapes(2, [2]int{16, 16}))
	e.ViT.Depth, e.Whole = 1, true
	nets := newEmbedNets(e, d, weights)
	if f := nets.fits(shape{48, 32}, 8); f.err != nil || f.most != 8 {
		t.Fatalf("a small image: %+v", f)
	}
	large := (*TooLargeError)(nil)
	err := nets.fits(shape{4000, 6000}, 1).err
	if !errors.As(err, &large) || large.Width != 6000 || large.Height != 4000 || !strings.Contains(err.Error(), "would fit, lower `image_size`") {
		t.Fatalf("%v", err)
	}
	w, h := large.FitsWidth, large.FitsHeight
	if err := nets.room(shape{h, w}, 1); err != nil || w%8 != 0 || h%8 != 0 || w < h*14/10 || w > h*16/10 {
		t.Errorf("%d x %d does not fit or has another ratio: %v", w, h, err)
	}
	if err := nets.room(shape{h + 8, w + 16}, 1); err == nil {
		t.Errorf("more than %d x %d fits", w, h)
	}
	e.Whole, e.Size = false, 4000
	if _, err := e.Run(context.Background(), d, weights, nil); !errors.As(err, &large) {
		t.Errorf("squares of 4000: %v", err)
	}
}

// An image that is too large is left out; the others are there.
func TestEmbedLeavesOutWhatIsTooLarge(t *testing.T) {
	d := device(t)
	images := manyShapes(3, [2]int{16, 16}, [2]int{16, 24})
	e, weights := goldenEmbedding(t, d, images)
	e.ViT.Depth, e.Size, e.Whole = 1, 16, true
	var wrong []error
	q, err := newEmbedQueue(e, d, weights, func(r Embedded) error {
		if (r.Err == nil) != (len(r.Features) == e.Dim()) {
			t.Errorf("%+v", r)
		}
		wrong = append(wrong, r.Err)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	defer q.nets.release()
	q.nets.seen[shape{24, 16}] = fitting{err: &TooLargeError{Width: 16, Height: 24, Cause: errors.New("as the test has it")}}
	for i := range images {
		v, err := e.look(i)
		if err := q.add(context.Background(), i, v, err); err != nil {
			t.Fatal(err)
		}
	}
	if err := q.finish(context.Background()); err != nil {
		t.Fatal(err)
	}
	if len(wrong) != 3 || wrong[0] != nil || !errors.As(wrong[1], new(*TooLargeError)) || wrong[2] != nil || q.times.LeftOut != 1 {
		t.Errorf("%v, %+v", wrong, q.times)
	}
}

// Runs end with the error of whoever caused it.
func TestEmbedEnds(t *testing.T) {
	d := device(t)
	images := manyShapes(30, [2]int{16, 16})
	e, weights := goldenEmbedding(t, d, images)
	e.ViT.Depth, e.Size = 1, 16
	none := func(Embedded) error { return nil }

	full := errors.New("disk full")
	if _, err := e.Run(context.Background(), d, weights, func(Embedded) error { return full }); !errors.Is(err, full) {
		t.Errorf("take's error: %v", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	if _, err := e.Run(ctx, d, weights, func(Embedded) error { stop(); return ctx.Err() }); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
	for want, change := range map[string]func(*Embedding){
		"none of 2 images has features; the first: damaged": func(e *Embedding) { e.Source = imageSource{nil, nil} },
		"last 6 blocks":       func(e *Embedding) { e.ViT.Depth, e.Blocks = 5, 6 },
		"cut into patches":    func(e *Embedding) { e.Size = 7 },
		"another model's":     func(e *Embedding) { e.ViT.Dim = 96 },
		"none of 1 image has": func(e *Embedding) { e.Source = imageSource{nil} },
	} {
		e := e
		change(&e)
		if _, err := e.Run(context.Background(), d, weights, none); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	e.Source = goneSource{images}
	ctx, stop = context.WithTimeout(context.Background(), 70*time.Millisecond)
	defer stop()
	if _, err := e.Run(ctx, d, weights, none); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("trouble is not waited out: %v", err)
	}
	e.Source = images
	bad := layers.Params{}
	e.ViT.AddParams(&bad, settings.BackbonePrefix)
	broken := bad.NewArena("broken")
	defer broken.Release()
	if err := d.Write(broken.Tensor(settings.BackbonePrefix+"norm.weight"), slices.Repeat([]float32{float32(math.NaN())}, e.ViT.Dim)); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Run(context.Background(), d, broken, none); !errors.Is(err, errNotFinite) {
		t.Errorf("weights that are not finite: %v", err)
	}
}

// goneSource is on a disk that does not answer.
type goneSource struct{ imageSource }

func (goneSource) Decode(int) (*augment.Image, error) {
	return nil, &augment.Trouble{Err: errors.New("the mount is gone")}
}

// countingImages counts what is decoded.
type countingImages struct {
	imageSource
	count atomic.Int64
}

func (s *countingImages) Decode(i int) (*augment.Image, error) {
	s.count.Add(1)
	return s.imageSource.Decode(i)
}
