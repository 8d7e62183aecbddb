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
	{"crossing", 120, 96, 12, func(r random) []moving { // two that pass behind a pillar
		stone := texture{bricks, unit / 3, [3]uint8{70, 100, 0}}
		return []moving{
			{item: item{bar, stone, pose{at(0, 0), 46 * one, 0}, 0}},
			{item{disc, r.texture(checks, unit*9/10), pose{at(-34, -20), 24 * one, 0}, 1}, point{4*one + r.near(one), r.near(one / 2)}, 1, 0},
			{item{cross, r.texture(stripes, unit*9/10), pose{at(32, 22), 26 * one, 0}, 2}, point{-4*one + r.near(one), -r.IntN(one / 2)}, -1, 0},
		}
	}},
	{"twins", 128, 96, 12, func(r random) []moving { // one passes near its like, which is another object, towards one that is none
		coat := r.texture(stripes, unit*9/10)
		return []moving{
			{item{disc, coat, pose{at(-38, -20), 22 * one, 20}, 1}, point{3*one + r.near(one/4), r.near(one / 4)}, 0, 0},
			{item{disc, coat, pose{at(-14, 26), 22 * one, 20}, 2}, point{one/2 + r.near(one/4), -one/4 + r.near(one/4)}, 0, 0},
			{item: item{disc, coat, pose{at(50, 20), 16 * one, 20}, 0}},
		}
	}},
	{"upright", 96, 128, 10, func(r random) []moving { // one grows, one turns, one falls behind the first
		return []moving{
			{item{triangle, r.texture(plain, unit), pose{at(-18, -24), 26 * one, 0}, 1}, point{one / 2, one}, 0, one/2 + r.IntN(one/2)},
			{item{disc, r.texture(stripes, unit*9/10), pose{at(14, 38), 24 * one, 0}, 3}, point{-r.IntN(one), -one / 2}, 4, 0},
			{item{tee, r.texture(checks, unit*9/10), pose{at(22, -36), 24 * one, 0}, 2}, point{-2*one + r.near(one/2), 3 * one}, 0, 0},
		}
	}},
}

const frameQuality = 88

// videos draws video/ in the layout of DAVIS 2017.
func videos(seed uint64, yield func(file) error) error {
	var names strings.Builder
	for n, q := range sequences {
		r := newRandom(seed, ofVideo, n)
		items, ground := q.items(r), r.ground(0, 10, 14)
		c := camera{width: q.width, height: q.height, zoom: 256}
		for t := range q.frames {
			s := scene{ground: ground}
			for _, m := range items {
				s.items = append(s.items, m.after(t))
			}
			c.light = r.light(200, 270, 100, 0)
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
