package augment

import (
	"errors"
	"fmt"
	"math"
)

// Recipe says how an image's views are made: view 0 by Global1, view 1 by
// Global2, views 2 to Locals+1 by Local.
type Recipe struct {
	Global1, Global2, Local Kind
	Locals                  int // number of local views, 0 or more
}

// Kind is how one kind of view is made; probabilities lie in 0 to 1. Its steps
// come in the order of its fields.
type Kind struct {
	Size     int        // pixels per side of the square crop
	Scale    [2]float64 // the crop's share of the image's area, lowest and highest
	Ratio    [2]float64 // its width over its height
	Flip     float64    // probability of mirroring it
	Jitter   Jitter
	Gray     float64    // probability of Grayscale
	Blur     float64    // probability of Blur
	Sigma    [2]float64 // Blur's radius in pixels
	Solarize float64    // probability of Solarize
}

// Jitter is torchvision's ColorJitter: with probability P the four changes in
// random order, each by a factor uniform in 1-x to 1+x (not below 0), the hue
// by -x to x of a full circle. A strength of 0 leaves that change out.
type Jitter struct {
	P                                     float64
	Brightness, Contrast, Saturation, Hue float64
}

// Reference is the reference code's recipe (DataAugmentationDINO): its strong
// color changes, blur always on the first global crop, seldom and with
// solarize on the second, half the time on local ones. Sizes are in pixels a
// side; scales are shares of an image's area.
func Reference(globalSize int, globalScale [2]float64, locals, localSize int, localScale [2]float64) Recipe {
	kind := func(size int, scale [2]float64, blur, solarize float64) Kind {
		return Kind{
			Size: size, Scale: scale, Ratio: defaultRatio, Flip: 0.5,
			Jitter: Jitter{P: 0.8, Brightness: 0.4, Contrast: 0.4, Saturation: 0.2, Hue: 0.1},
			Gray:   0.2, Blur: blur, Sigma: [2]float64{0.1, 2}, Solarize: solarize,
		}
	}
	return Recipe{
		Global1: kind(globalSize, globalScale, 1, 0),
		Global2: kind(globalSize, globalScale, 0.1, 0.2),
		Local:   kind(localSize, localScale, 0.5, 0),
		Locals:  locals,
	}
}

// Light is for small gray images, where blur and solarize destroy what there
// is to see: crops and flips as in Reference, and brightness and contrast
// always changed, by 0.6 to 1.4, in random order.
func Light(globalSize int, globalScale [2]float64, locals, localSize int, localScale [2]float64) Recipe {
	global := lightKind(globalSize, globalScale)
	return Recipe{Global1: global, Global2: global, Local: lightKind(localSize, localScale), Locals: locals}
}

func lightKind(size int, scale [2]float64) Kind {
	return Kind{
		Size: size, Scale: scale, Ratio: defaultRatio, Flip: 0.5,
		Jitter: Jitter{P: 1, Brightness: 0.4, Contrast: 0.4},
	}
}

// Views is the number of views of an image: 2 global ones and the locals.
func (r *Recipe) Views() int { return 2 + r.Locals }

// Kind gives how view v is made, 0 <= v < Views().
func (r *Recipe) Kind(v int) *Kind {
	switch v {
	case 0:
		return &r.Global1
	case 1:
		return &r.Global2
	}
	return &r.Local
}

// Size is view v's pixels per side.
func (r *Recipe) Size(v int) int { return r.Kind(v).Size }

// View makes view v of an image from its stream: Size(v) x Size(v) x 3 bytes,
// row after row. Everything random comes from rand.
func (r *Recipe) View(im *Image, v int, rand *Rand) []uint8 {
	k := r.Kind(v)
	dst := make([]uint8, k.Size*k.Size*3)
	k.view(dst, im, rand, &scratch{})
	return dst
}

// view makes one view into dst with a worker's own memory.
func (k *Kind) view(dst []uint8, im *Image, rand *Rand, s *scratch) {
	n := k.Size
	w, h := im.Size()
	resizedCropInto(dst, im, RandomBox(w, h, k.Scale, k.Ratio, rand), n, n, s)
	if rand.Chance(k.Flip) {
		Flip(dst, n)
	}
	if rand.Chance(k.Jitter.P) {
		k.Jitter.apply(dst, rand)
	}
	if rand.Chance(k.Gray) {
		Grayscale(dst)
	}
	if rand.Chance(k.Blur) {
		blurInto(dst, n, n, rand.Uniform(k.Sigma[0], k.Sigma[1]), s)
	}
	if rand.Chance(k.Solarize) {
		Solarize(dst)
	}
}

// apply makes the four changes in a random order.
func (j *Jitter) apply(pix []uint8, rand *Rand) {
	factor := func(x float64) float64 { return rand.Uniform(max(0, 1-x), 1+x) }
	b, c, s := factor(j.Brightness), factor(j.Contrast), factor(j.Saturation)
	h := rand.Uniform(-j.Hue, j.Hue)
	order := [4]int{0, 1, 2, 3}
	for i := 3; i > 0; i-- {
		o := rand.IntN(i + 1)
		order[i], order[o] = order[o], order[i]
	}
	for _, step := range order {
		switch {
		case step == 0 && j.Brightness > 0:
			Brightness(pix, b)
		case step == 1 && j.Contrast > 0:
			Contrast(pix, c)
		case step == 2 && j.Saturation > 0:
			Saturation(pix, s)
		case step == 3 && j.Hue > 0:
			Hue(pix, h)
		}
	}
}

// Check tells what is wrong with a recipe, or nil.
func (r *Recipe) Check() error {
	if r.Locals < 0 {
		return fmt.Errorf("the number of local crops is %d: it must be 0 or more", r.Locals)
	}
	errs := []error{r.Global1.check("the first global crop"), r.Global2.check("the second global crop")}
	if r.Locals > 0 {
		errs = append(errs, r.Local.check("the local crops"))
	}
	return errors.Join(errs...)
}

// maxCrop bounds a crop's side: beyond it memory, not learning, is at stake.
const maxCrop = 4096

func (k *Kind) check(who string) error {
	if k.Size < 1 || k.Size > maxCrop {
		return fmt.Errorf("%s: a size of %d pixels, give 1 to %d", who, k.Size, maxCrop)
	}
	for _, c := range []struct {
		what   string
		lo, hi float64
		max    float64
	}{
		{"area scale", k.Scale[0], k.Scale[1], 1},
		{"ratio", k.Ratio[0], k.Ratio[1], 100},
	} {
		if !(0 < c.lo && c.lo <= c.hi && c.hi <= c.max) {
			return fmt.Errorf("%s: %s from %g to %g, give two rising numbers above 0 and at most %g", who, c.what, c.lo, c.hi, c.max)
		}
	}
	for _, p := range []float64{k.Flip, k.Jitter.P, k.Gray, k.Blur, k.Solarize} {
		if !(0 <= p && p <= 1) {
			return fmt.Errorf("%s: a probability of %g, give 0 to 1", who, p)
		}
	}
	for _, x := range []float64{k.Jitter.Brightness, k.Jitter.Contrast, k.Jitter.Saturation} {
		if !(x >= 0) || math.IsInf(x, 0) {
			return fmt.Errorf("%s: a color strength of %g, give 0 or more", who, x)
		}
	}
	if !(0 <= k.Jitter.Hue && k.Jitter.Hue <= 0.5) {
		return fmt.Errorf("%s: a hue strength of %g, give 0 to 0.5", who, k.Jitter.Hue)
	}
	if k.Blur > 0 && !(0 < k.Sigma[0] && k.Sigma[0] <= k.Sigma[1] && k.Sigma[1] <= 100) {
		return fmt.Errorf("%s: blur from %g to %g pixels, give two rising numbers above 0 and at most 100", who, k.Sigma[0], k.Sigma[1])
	}
	return nil
}
