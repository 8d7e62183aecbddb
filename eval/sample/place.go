package sample

// What the items of scenes are drawn from.
var (
	shapes   = []shape{disc, ring, box, bar, cross, triangle, tee, pair}
	patterns = []pattern{plain, stripes, checks, dots, bricks, zigzag}
)

// place is a scene to be found again: a large item in the middle and one at each side before a dark background, together
// about 120 x 80 pixels large, with its middle at the origin.
func (r random) place() scene {
	s := scene{ground: r.ground(0, 25, 16)}
	for _, x := range []int{0, -42, 42} {
		radius := r.pixels(14, 24)
		if x == 0 {
			radius = r.pixels(24, 30)
		}
		s.items = append(s.items, item{
			shape: pick(r, shapes), texture: r.texture(pick(r, patterns), r.between(unit*4/5, unit*6/5)),
			pose: pose{point{x*one + r.pixels(-7, 7), r.pixels(-6, 6)}, radius, r.near(30)},
		})
	}
	return s
}
