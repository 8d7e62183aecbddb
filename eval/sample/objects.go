package sample

import (
	"fmt"
	"slices"
	"strings"
)

const (
	objectImages  = 24
	objectQuality = 88
	void          = 255 // of a mask: neither object nor background
)

// objects draws objects/ in the layout of VOC 2012: one or two objects an image, every other mask with a void border.
func objects(seed uint64, yield func(file) error) error {
	var names strings.Builder
	for n := range objectImages {
		r := newRandom(seed, ofObjects, n)
		s := scene{ground: r.ground(0, 25, 18)}
		for label := range uint8(1 + n%2) {
			x := r.pixels(-18, 18)
			if n%2 == 1 { // one left, one right
				x = (2*int(label)-1)*30*one + r.pixels(-6, 6)
			}
			s.items = append(s.items, item{
				pick(r, shapes), r.texture(pick(r, patterns), r.between(unit/2, unit)),
				pose{point{x, r.pixels(-12, 12)}, r.pixels(24, 34), r.near(40)},
				label + 1,
			})
		}
		c := camera{width: 128, height: 104, zoom: 256, light: r.light(190, 270, 15, 40)}
		if n%4 == 0 {
			c.width, c.height = c.height, c.width
		}
		im, labels := c.shoot(s)
		if n%4 >= 2 {
			labels = bordered(labels, c.width)
		}
		name := fmt.Sprintf("2012_%06d", n)
		for _, f := range []file{
			{name: "objects/JPEGImages/" + name + ".jpg", image: im, quality: objectQuality},
			{name: "objects/SegmentationObject/" + name + ".png", image: maskOf(c.width, c.height, labels)},
		} {
			if err := yield(f); err != nil {
				return err
			}
		}
		fmt.Fprintln(&names, name)
	}
	return yield(file{name: "objects/ImageSets/Segmentation/val.txt", text: []byte(names.String())})
}

// bordered makes pixels void that lie within 2 of one with another label.
func bordered(labels []uint8, width int) []uint8 {
	out, height := slices.Clone(labels), len(labels)/width
	for y := range height {
		for x := range width {
			for v := max(y-2, 0); v <= min(y+2, height-1); v++ {
				for u := max(x-2, 0); u <= min(x+2, width-1); u++ {
					if labels[v*width+u] != labels[y*width+x] {
						out[y*width+x] = void
					}
				}
			}
		}
	}
	return out
}
