package eval

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/layers"
)

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
