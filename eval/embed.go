package eval

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"time"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// An Embedding turns all images of a source into features that are taken one by one, so that a set of any size fits. What
// is to be held in memory anyway is [Images.Embed]'s.
type Embedding struct {
	Source    augment.Source
	ViT       layers.ViTConfig
	Mean, Std settings.RGB

	// Size is the images' side in pixels, by the reference's transform for evaluations: the short side resized to 256/224 of
	// it, and its central square. Whole takes all of an image instead: its short side becomes Size, both are
	// rounded to whole patches, and each shape of image has a backbone of its own.
	// AsIs takes each image as the source gives it, with a backbone for each shape; what is left over beside whole patches
	// is cut off. Size is then the most that a side has.
	Size  int
	Whole bool
	AsIs  bool

	Blocks  int  // features are the class tokens of so many of the last blocks, after the final norm; 0: of the last
	Patches bool // and their patch tokens
	Workers int  // goroutines that decode; 0: one per core

	attention bool      // in place of tokens: the class token's attention in the last block
	scales    []float64 // of AsIs: the source has each image so many times in a row, for each of these scales
}

// An Embedded is one image's part. The slices are the taker's own.
type Embedded struct {
	Index    int       // of the image in the source
	Features []float32 // (Blocks*Dim): the blocks side by side, the oldest first
	Patches  []float32 // (Grid[0], Grid[1], Blocks*Dim): each patch's tokens, side by side in the same way
	Grid     [2]int    // the patches' rows and columns
	Err      error     // why there are no features: the image cannot be read, or is too large for the adapter
}

// EmbedTimes say where the time of an embedding went.
type EmbedTimes struct {
	Images, LeftOut int           // of the source; those of them that have no features
	Waited          time.Duration // for images: read, decoded, resized
	Building        time.Duration // of backbones: kernels compiled, memory taken
	Device          time.Duration // uploads, the network, and what it gave read back
	Taking          time.Duration // in take
}

// Dim is the number of values of an image's features, and of each of its patch tokens.
func (e Embedding) Dim() int { return max(1, e.Blocks) * e.ViT.Dim }

// Grid is the rows and columns of patches of every image; 0, 0 where each has its own.
func (e Embedding) Grid() [2]int {
	if e.anyShape() {
		return [2]int{}
	}
	h, w := e.config(e.Size, e.Size).Grid()
	return [2]int{h, w}
}

// anyShape tells whether images differ in shape.
func (e Embedding) anyShape() bool { return e.Whole || e.AsIs }

// usual is the shape of a square image.
func (e Embedding) usual() shape {
	if !e.Whole {
		return shape{e.Size, e.Size}
	}
	w, h := augment.WholeSize(e.Size, e.Size, e.Size, max(1, e.ViT.Patch))
	return shape{h, w}
}

// config is the backbone over images of height h and width w.
func (e Embedding) config(h, w int) dino.BackboneConfig {
	c := dino.BackboneConfig{ViT: e.ViT, Mean: e.Mean, Std: e.Std, Height: h, Width: w, Normalized: len(e.scales) > 0}
	if e.attention {
		c.Attention = []int{e.ViT.Depth - 1}
	} else {
		c.Blocks, c.Patches = max(1, e.Blocks), e.Patches
	}
	return c
}

// Run gives each image's part to take, in the source's order. Images are decoded on several goroutines while the device
// works, a few batches ahead of it. It ends at the first error of take, of the device or of ctx, at trouble that is no
// image's fault (*augment.Trouble), and with a *NoFeaturesError where no image at all has features.
func (e Embedding) Run(ctx context.Context, d *gpu.Device, weights *layers.Arena, take func(Embedded) error) (EmbedTimes, error) {
	q, err := newEmbedQueue(e, d, weights, take)
	if err != nil {
		return EmbedTimes{}, err
	}
	defer q.nets.release()
	most := 2 * max(q.batch(e.usual()), runtime.GOMAXPROCS(0), e.Workers)
	next, stop := ahead(ctx, e.Source.Len(), e.Workers, most, e.look)
	defer stop()
	for i := range e.Source.Len() {
		begun := time.Now()
		v, err := next()
		q.times.Waited += time.Since(begun)
		switch {
		case ctx.Err() != nil:
			return q.times, ctx.Err()
		case errors.As(err, new(*augment.Trouble)):
			return q.times, err // no fault of the image
		}
		if err := q.add(ctx, i, v, err); err != nil {
			return q.times, err
		}
	}
	if err := q.finish(ctx); err != nil {
		return q.times, err
	}
	if q.times.LeftOut == q.times.Images {
		return q.times, &NoFeaturesError{q.times.Images, q.first}
	}
	return q.times, nil
}

// A NoFeaturesError says that none of a source's images has features.
type NoFeaturesError struct {
	Images int
	First  error // why the first has none
}

func (e *NoFeaturesError) Error() string {
	return fmt.Sprintf("none of %s has features; the first: %v", settings.Count(e.Images, "image"), e.First)
}

func (e *NoFeaturesError) Unwrap() error { return e.First }

// A view is an image as the backbone sees it.
type view struct {
	shape
	pixels []uint8   // RGB, (h, w, 3)
	values []float32 // or normalized, (3, h, w)
}

type shape struct{ h, w int }

func (s shape) String() string { return fmt.Sprintf("%d x %d", s.w, s.h) }

func (e Embedding) look(i int) (view, error) {
	im, err := e.Source.Decode(i)
	if err != nil {
		return view{}, err
	}
	if e.AsIs {
		return e.asIs(im, i)
	}
	if !e.Whole {
		return view{shape: shape{e.Size, e.Size}, pixels: augment.EvalView(im, e.Size)}, nil
	}
	pixels, w, h, err := augment.WholeView(im, e.Size, e.ViT.Patch, settings.MaxSide)
	if err != nil {
		return view{}, fmt.Errorf("image %s: %w", disk.Quote(e.Source.Name(i)), err)
	}
	return view{shape: shape{h, w}, pixels: pixels}, nil
}

// asIs is image i of the source without a change, or at its scale.
func (e Embedding) asIs(im *augment.Image, i int) (view, error) {
	v := view{shape: shape{im.H, im.W}, pixels: im.Pix}
	if n := len(e.scales); n > 0 {
		v = scaled(im, e.scales[i%n], e.Mean, e.Std)
	}
	if patch := e.ViT.Patch; v.h < patch || v.w < patch {
		return view{}, fmt.Errorf("image %s: its %s pixels are less than a patch of %d: raise `image_size`", disk.Quote(e.Source.Name(i)), v.shape, patch)
	}
	return v, nil
}

// rowsOf are the parts of n images that a backbone gave. The blocks' tokens are put side by side.
func rowsOf(out *dino.BackboneOutput, n int, grid [2]int) []Embedded {
	rows := make([]Embedded, n)
	for i := range rows {
		rows[i] = Embedded{Grid: grid, Features: sideBySide(out.Class, i, n, 1)}
		if len(out.Patches) > 0 {
			rows[i].Patches = sideBySide(out.Patches, i, n, grid[0]*grid[1])
		}
	}
	return rows
}

// sideBySide joins tokens of several blocks, each (n, many, dim), to (many, blocks*dim) of image i.
func sideBySide(blocks [][]float32, i, n, many int) []float32 {
	dim := len(blocks[0]) / (n * many)
	all := make([]float32, 0, many*len(blocks)*dim)
	for t := range many {
		for _, tokens := range blocks {
			at := (i*many + t) * dim
			all = append(all, tokens[at:at+dim]...)
		}
	}
	return all
}

// finite tells whether no value is NaN or infinite.
func finite(values []float32) bool {
	sum := float32(0)
	for _, v := range values {
		sum += v - v // NaN for both
	}
	return !math.IsNaN(float64(sum))
}
