package report

import "math"

// mostBuckets is how many points a curve has at most: a longer run's steps share buckets, whose mean is drawn and, for a
// single run, the span from the least to the greatest value behind it.
const mostBuckets = 1000

// A point is a value of one step.
type point struct {
	Step  int
	Value float64
}

// A bucket is the values of some steps that follow each other.
type bucket struct {
	first, last     int // steps
	n               int // values that are numbers; 0: a gap
	sum             float64
	least, greatest point
}

// A series is one number of a run over its steps, in at most mostBuckets buckets of the same number of steps, a power of 2.
type series struct {
	width   int
	buckets []bucket
	last    point // that is a number; its step is 0 before there is one
}

// tooLarge is what no number of a run comes near, and what sums and axes still have room for.
const tooLarge = 1e100

// add takes in the value of a step; what is not finite, or too large, makes a gap. A step that was there already belongs to a run that
// went on from before it: what came after goes. Within a bucket of several steps that cannot be taken out again, so the
// one bucket where a run went on may hold both.
func (s *series) add(step int, value float64) {
	s.width = max(s.width, 1)
	if n := len(s.buckets); n > 0 && step <= s.buckets[n-1].last {
		s.rewind(step)
	}
	b := bucket{first: step, last: step}
	if math.Abs(value) < tooLarge { // no NaN either
		p := point{step, value}
		b.n, b.sum, b.least, b.greatest = 1, value, p, p
		s.last = p
	}
	s.put(b)
	for len(s.buckets) > mostBuckets {
		s.width *= 2
		fine := s.buckets
		s.buckets = s.buckets[:0]
		for _, b := range fine {
			s.put(b)
		}
	}
}

// put adds a bucket to the one whose steps it shares, or behind all.
func (s *series) put(b bucket) {
	n := len(s.buckets)
	if n == 0 || s.buckets[n-1].first/s.width != b.first/s.width {
		s.buckets = append(s.buckets, b)
		return
	}
	to := &s.buckets[n-1]
	to.last = b.last
	switch {
	case b.n == 0:
	case to.n == 0:
		to.n, to.sum, to.least, to.greatest = b.n, b.sum, b.least, b.greatest
	default:
		to.n += b.n
		to.sum += b.sum
		if b.least.Value < to.least.Value {
			to.least = b.least
		}
		if b.greatest.Value > to.greatest.Value {
			to.greatest = b.greatest
		}
	}
}

// rewind takes out the steps from that one on.
func (s *series) rewind(step int) {
	for n := len(s.buckets); n > 0 && s.buckets[n-1].first >= step; n-- {
		s.buckets = s.buckets[:n-1]
	}
	s.last = point{}
	if n := len(s.buckets); n > 0 {
		b := &s.buckets[n-1]
		b.last = min(b.last, step-1)
		if b.n > 0 {
			s.last = point{b.last, b.mean()}
		}
	}
}

func (b bucket) mean() float64 { return b.sum / float64(b.n) }

// at is where the bucket is drawn.
func (b bucket) at() float64 { return float64(b.first)/2 + float64(b.last)/2 }

// thinned tells whether a bucket holds more than one value.
func (s *series) thinned() bool {
	for _, b := range s.buckets {
		if b.n > 1 {
			return true
		}
	}
	return false
}

// extremes are the least and the greatest value; ok is false where there is none.
func (s *series) extremes() (least, greatest point, ok bool) {
	for _, b := range s.buckets {
		if b.n == 0 {
			continue
		}
		if !ok || b.least.Value < least.Value {
			least = b.least
		}
		if !ok || b.greatest.Value > greatest.Value {
			greatest = b.greatest
		}
		ok = true
	}
	return least, greatest, ok
}

// mean is that of the values from one step to another, as far as buckets tell; NaN where there is none.
func (s *series) mean(from, to int) float64 {
	sum, n := 0.0, 0
	for _, b := range s.buckets {
		if b.n > 0 && b.first >= from && b.last <= to {
			sum, n = sum+b.sum, n+b.n
		}
	}
	return sum / float64(n)
}
