package sample

import "github.com/dinogpu/dinogpu/augment"

// A source of random numbers for one drawing. Drawings do not share them: more of one set leave another as it was.
type random struct{ *augment.Rand }

// The sets, as numbers of random streams.
const (
	ofClasses = iota
	ofRetrieval
	ofCopies
	ofVideo
	ofObjects
)

func newRandom(seed uint64, set, number int) random {
	return random{augment.NewRand(augment.Key{Seed: seed, Epoch: set, Image: number})}
}

// between gives a number from lo to hi, both possible.
func (r random) between(lo, hi int) int { return lo + r.IntN(hi-lo+1) }

// near gives a number at most most away from 0.
func (r random) near(most int) int { return r.between(-most, most) }

func (r random) pixels(lo, hi int) int { return r.between(lo*one, hi*one) }

// light is a light whose color is tinted by at most tint and slopes by at most slope.
func (r random) light(lo, hi, tint, slope int) light {
	l := light{slopeX: r.near(slope), slopeY: r.near(slope)}
	bright := r.between(lo, hi)
	for k := range l.color {
		l.color[k] = bright + r.near(tint)
	}
	return l
}

// ground is a dark background of the pattern's grain, as large as size pixels.
func (r random) ground(lo, hi, size int) ground {
	dark := r.between(lo, hi)
	return ground{
		texture: texture{grain, size * one, [3]uint8{uint8(dark), uint8(dark + 6), uint8(dark + 12)}},
		at:      point{r.pixels(-4000, 4000), r.pixels(-4000, 4000)}, angle: r.IntN(360),
	}
}

// texture is light with a darker pattern.
func (r random) texture(p pattern, period int) texture {
	bright := r.between(190, 250)
	return texture{p, period, [3]uint8{uint8(bright), uint8(bright - r.between(90, 120)), uint8(bright - 60)}}
}

func pick[T any](r random, from []T) T { return from[r.IntN(len(from))] }
