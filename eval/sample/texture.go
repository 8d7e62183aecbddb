package sample

// A texture gives each point one of a few shades of gray.
type texture struct {
	pattern pattern
	period  int      // after which the pattern comes again, in the coordinates it is asked in
	tones   [3]uint8 // the last is of grain alone
}

// A pattern gives a point of a plane with the period 256 a tone's number.
type pattern func(p point) int

func (t texture) tone(p point) uint8 { return t.tones[t.pattern(p.times(256, t.period))] }

func plain(point) int { return 0 }

func stripes(p point) int { return mod(floor(p.x, 128), 2) }

func checks(p point) int { return mod(floor(p.x, 128)+floor(p.y, 128), 2) }

func dots(p point) int {
	d := square(mod(p.x, 256)-128) + square(mod(p.y, 256)-128)
	if d < square(75) {
		return 1
	}
	return 0
}

func zigzag(p point) int { return mod(floor(p.y+abs(mod(p.x, 256)-128), 128), 2) }

func bricks(p point) int {
	row := floor(p.y, 128)
	if mod(p.y, 128) < 36 || mod(p.x+128*mod(row, 2), 256) < 36 {
		return 0
	}
	return 1
}

// grain is cells of all forms in three tones: the cell of a point is that of the nearest of seeds strewn at random.
func grain(p point) int {
	col, row := p.x>>8, p.y>>8 // one seed in each square of 256
	best, tone := 1<<40, 0
	for y := row - 1; y <= row+1; y++ {
		for x := col - 1; x <= col+1; x++ {
			h := hash(x, y)
			seed := point{x<<8 + int(h&255), y<<8 + int(h>>8&255)}
			if d := square(p.x-seed.x) + square(p.y-seed.y); d < best {
				best, tone = d, int(h>>16%3)
			}
		}
	}
	return tone
}

func hash(x, y int) uint32 {
	h := uint32(x)*0x9e3779b1 ^ uint32(y)*0x85ebca77
	h ^= h >> 15
	h *= 0x2c1b3c6d
	h ^= h >> 12
	h *= 0x297a2d39
	return h ^ h>>15
}
