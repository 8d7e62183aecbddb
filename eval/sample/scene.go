package sample

// A scene is a plane with items on it. The first item that covers a point hides those after it.
type scene struct {
	ground ground
	items  []item
}

// ground is what is seen where no item is.
type ground struct {
	texture
	at    point
	angle int
}

// An item is a shape with a texture, which moves, turns and grows with it.
type item struct {
	shape   shape
	texture texture // its period in units of the shape
	pose
	label uint8 // of its pixels in a mask; 0 where it is background
}

// A pose is where a shape is.
type pose struct {
	at     point
	radius int // in 256ths of a pixel
	angle  int // degrees
}

// own is a point of the scene in the item's own coordinates.
func (i item) own(p point) point { return p.minus(i.at).turned(-i.angle).times(unit, i.radius) }

// at is the shade of a point, and the label of what is seen there.
func (s scene) at(p point) (tone, label uint8) {
	for _, i := range s.items {
		if d := p.minus(i.at); max(abs(d.x), abs(d.y)) > i.radius {
			continue
		}
		if own := i.own(p); i.shape(own) {
			return i.texture.tone(own), i.label
		}
	}
	return s.ground.tone(p.minus(s.ground.at).turned(-s.ground.angle)), 0
}
