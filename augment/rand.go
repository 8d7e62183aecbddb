package augment

import (
	"math/bits"
	"math/rand/v2"
)

// Key names one stream of random numbers. Two keys that differ in any field
// give unrelated streams; equal keys give the same stream for ever, whatever
// ran before and on however many workers.
type Key struct {
	Seed  uint64
	Epoch int
	Image int // the image's place in its Source
	View  int // 0, 1: global crops; 2...: local crops; negative: see the constants
}

// Views that are no crops but need streams of their own.
const (
	viewOrder       = -1 // the order of an epoch's images
	viewReplacement = -2 // what stands in for an image that can't be decoded
	viewMoved       = -3 // Moved, the robustness evaluation's one crop

	viewClassifier      = -4 // ClassifierView
	viewClassifierOrder = -5 // ClassifierOrder
	viewPart            = -6 // PartOrder
)

// ViewDropPath - v is the view whose stream drop path draws from for crop v: a
// number for each branch of each block, in their order.
const ViewDropPath = -1000

// Rand is one stream: a PCG generator seeded from a Key. Only the generator's
// raw 64-bit words are used, so no release of Go can change a run by changing
// how math/rand/v2 makes floats or ranges of them.
type Rand struct{ pcg rand.PCG }

// NewRand starts the stream of a key. The four fields are absorbed one after
// the other by SplitMix64's finaliser in two chains with different constants,
// which gives PCG its 128 bits of state.
func NewRand(k Key) *Rand {
	hi, lo := uint64(0x9e3779b97f4a7c15), uint64(0xd1b54a32d192ed03)
	for _, v := range [...]uint64{k.Seed, uint64(k.Epoch), uint64(k.Image), uint64(k.View)} {
		hi = mix64(hi + v + 0x9e3779b97f4a7c15)
		lo = mix64(lo ^ bits.RotateLeft64(v, 32) + 0x8cb92ba72f3d8dd7)
	}
	r := &Rand{}
	r.pcg.Seed(hi, lo)
	return r
}

// mix64 is SplitMix64's finaliser (Steele, Lea and Flood 2014): a bijection
// in which every input bit reaches every output bit.
func mix64(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Float gives a number in [0, 1), from the word's upper 53 bits.
func (r *Rand) Float() float64 { return float64(r.pcg.Uint64()>>11) * 0x1p-53 }

// Uniform gives a number in [lo, hi).
func (r *Rand) Uniform(lo, hi float64) float64 { return lo + float64((hi-lo)*r.Float()) }

// Chance is true with probability p. It takes one number from the stream
// whatever p is, so that changing one probability leaves later draws alone.
func (r *Rand) Chance(p float64) bool { return r.Float() < p }

// IntN gives an integer in [0, n); n must be positive. The bias of taking the
// upper half of a 128-bit product is below n/2^64.
func (r *Rand) IntN(n int) int {
	if n <= 0 {
		panic("augment: Rand.IntN needs a positive n")
	}
	hi, _ := bits.Mul64(r.pcg.Uint64(), uint64(n))
	return int(hi)
}

// Perm gives a random order of 0..n-1 (Fisher-Yates).
func (r *Rand) Perm(n int) []int {
	p := make([]int, n)
	for i := range p {
		j := r.IntN(i + 1)
		p[i] = p[j]
		p[j] = i
	}
	return p
}
