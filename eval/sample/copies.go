package sample

import (
	"fmt"
	"image"
)

const (
	originals   = 20
	distractors = 30
	forWhitener = 40
	copyQuality = 88 // of all JPEG files that are not damaged on purpose
)

// copies draws copies/: originals and what became of them, under Copydays' names. The strong ones share the first four
// letters of their original's name; those of other folders have its name.
func copies(seed uint64, yield func(file) error) error {
	put := func(folder, name string, im image.Image, quality int) error {
		return yield(file{name: fmt.Sprintf("copies/%s/%s.jpg", folder, name), image: im, quality: quality})
	}
	for n := range originals {
		r := newRandom(seed, ofCopies, n)
		s, view := r.place(), r.copyView()
		im, _ := view.shoot(s)
		name := fmt.Sprintf("%04d00", 2000+n)
		if err := put("original", name, im, copyQuality); err != nil {
			return err
		}
		for _, quality := range []int{3, 30} {
			if err := put(fmt.Sprintf("jpegqual/%d", quality), name, im, quality); err != nil {
				return err
			}
		}
		for _, percent := range []int{10, 50} {
			if err := put(fmt.Sprintf("crops/%d", percent), name, cut(im, percent), copyQuality); err != nil {
				return err
			}
		}
		for i, strong := range strongCopies[:1+n%len(strongCopies)] {
			if err := put("strong", fmt.Sprintf("%04d%02d", 2000+n, i+1), strong(r, s, view), copyQuality); err != nil {
				return err
			}
		}
	}
	number := originals
	for _, others := range []struct {
		folder string
		n      int
	}{{"distractors", distractors}, {"whitening", forWhitener}} {
		for i := range others.n {
			r := newRandom(seed, ofCopies, number)
			number++
			s := r.place()
			im, _ := r.copyView().shoot(s)
			if err := put(others.folder, fmt.Sprintf("%04d", i), im, copyQuality); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r random) copyView() camera {
	c := camera{width: 120, height: 90, zoom: r.between(220, 260), light: r.light(180, 270, 30, 40)}
	if r.IntN(3) == 0 {
		c.width, c.height = 96, 112
	}
	return c
}

// strongCopies, from weak to strong.
var strongCopies = []func(r random, s scene, view camera) image.Image{
	func(r random, s scene, view camera) image.Image { // dark, in other colors, blurred
		view.light = r.light(130, 200, 100, 60)
		im, _ := view.shoot(s)
		return blurred(im)
	},
	func(r random, s scene, view camera) image.Image { // in a mirror, in other colors, turned
		view.angle, view.mirrored = r.near(3), true
		view.light = r.light(160, 260, 80, 60)
		im, _ := view.shoot(s)
		return im
	},
	func(r random, s scene, view camera) image.Image { // in a mirror, and something lies on it
		view.light, view.mirrored = r.light(130, 260, 80, 60), true
		scrawl := item{
			shape: pick(r, shapes), texture: r.texture(pick(r, patterns), unit),
			pose: pose{point{r.pixels(-30, 30), r.pixels(-20, 20)}, r.pixels(12, 16), r.near(180)},
		}
		im, _ := view.shoot(scene{s.ground, append([]item{scrawl}, s.items...)})
		return im
	},
}

// cut leaves the middle of an image, without so many percent of its area.
func cut(im *image.RGBA, percent int) image.Image {
	w, h := im.Rect.Dx(), im.Rect.Dy()
	side := 0 // of 100: square(side) / 100 percent are left
	for square(side+1) <= 100*(100-percent) {
		side++
	}
	cw, ch := w*side/100, h*side/100
	at := image.Pt((w-cw)/2, (h-ch)/2)
	return im.SubImage(image.Rectangle{at, at.Add(image.Pt(cw, ch))})
}

// blurred is each pixel's mean with its eight neighbors.
func blurred(im *image.RGBA) image.Image {
	out := image.NewRGBA(im.Rect)
	w, h := im.Rect.Dx(), im.Rect.Dy()
	for y := range h {
		for x := range w {
			for k := range 4 {
				sum, n := 0, 0
				for v := max(y-1, 0); v <= min(y+1, h-1); v++ {
					for u := max(x-1, 0); u <= min(x+1, w-1); u++ {
						sum, n = sum+int(im.Pix[im.PixOffset(u, v)+k]), n+1
					}
				}
				out.Pix[out.PixOffset(x, y)+k] = uint8(sum / n)
			}
		}
	}
	return out
}
