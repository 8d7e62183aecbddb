package sample

import (
	"fmt"
	"strings"
)

// A sequence is a scene whose items move from frame to frame.
type sequence struct {
	name          string
	width, height int
	frames        int
	items         func(r random) []moving // those in front first
}

// A moving item changes by the same amounts from frame to frame.
type moving struct {
	item
	step   point // in 256ths of a pixel
	turn   int   // degrees
	growth int   // of the radius, in 256ths of a pixel
}

func (m moving) after(frames int) item {
	i := m.item
	i.at = i.at.plus(point{m.step.x * frames, m.step.y * frames})
	i.angle += m.turn * frames
	i.radius += m.growth * frames
	return i
}

// Points below are in pixels from the middle of the image.
func at(x, y int) point { return point{x * one, y * one} }

var sequences = []sequence{
	{"crossing", 120, 96, 10, func(r random) []moving { // two that pass behind a pillar, and each other
		return []moving{
			{item: item{bar, r.texture(bricks, unit/3), pose{at(0, 0), 52 * one, 0}, 0}},
			{item{disc, r.texture(checks, unit*4/5), pose{at(-38, -12), 19 * one, 0}, 1}, point{7*one + r.near(one), r.near(one)}, 4, 0},
			{item{cross, r.texture(stripes, unit*3/5), pose{at(38, 16), 21 * one, 0}, 2}, point{-7*one + r.near(one), -r.IntN(one)}, -6, 0},
		}
	}},
	{"twins", 128, 96, 12, func(r random) []moving { // one comes near its like, which is another object, and past one that is none
		coat := r.texture(stripes, unit*3/5)
		return []moving{
			{item{disc, coat, pose{at(-44, -16), 17 * one, 20}, 1}, point{6*one + r.near(one/4), one + r.near(one/4)}, 0, 0},
			{item{disc, coat, pose{at(-14, 25), 17 * one, 20}, 2}, point{one/2 + r.near(one/4), -one/2 + r.near(one/4)}, 0, 0},
			{item: item{disc, coat, pose{at(46, -24), 14 * one, 20}, 0}},
		}
	}},
	{"upright", 96, 128, 9, func(r random) []moving { // one grows, one turns, one falls behind the first
		return []moving{
			{item{triangle, r.texture(dots, unit/2), pose{at(-14, -30), 17 * one, 0}, 1}, point{one / 2, 2 * one}, 0, one + r.IntN(one/2)},
			{item{ring, r.texture(zigzag, unit*3/5), pose{at(20, 36), 20 * one, 0}, 3}, point{-r.IntN(one), -one}, 15, 0},
			{item{tee, r.texture(checks, unit/2), pose{at(24, -42), 17 * one, 0}, 2}, point{-3*one + r.near(one/2), 6 * one}, 0, 0},
		}
	}},
}

const frameQuality = 88

// videos draws video/ in the layout of DAVIS 2017.
func videos(seed uint64, yield func(file) error) error {
	var names strings.Builder
	for n, q := range sequences {
		r := newRandom(seed, ofVideo, n)
		items, ground := q.items(r), r.ground(10, 40, 14)
		c := camera{width: q.width, height: q.height, zoom: 256, light: daylight}
		for t := range q.frames {
			s := scene{ground: ground}
			for _, m := range items {
				s.items = append(s.items, m.after(t))
			}
			c.at = point{t * one, t * one / 2} // the camera follows slowly
			c.light.color = [3]int{250 + r.near(12), 250 + r.near(12), 250 + r.near(12)}
			im, labels := c.shoot(s)
			for _, f := range []file{
				{name: fmt.Sprintf("video/JPEGImages/480p/%s/%05d.jpg", q.name, t), image: im, quality: frameQuality},
				{name: fmt.Sprintf("video/Annotations/480p/%s/%05d.png", q.name, t), image: maskOf(q.width, q.height, labels)},
			} {
				if err := yield(f); err != nil {
					return err
				}
			}
		}
		fmt.Fprintln(&names, q.name)
	}
	return yield(file{name: "video/ImageSets/2017/val.txt", text: []byte(names.String())})
}
