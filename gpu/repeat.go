package gpu

import (
	"fmt"
	"math"
)

// repeat runs op n again as often as Repeat says, from the same contents, and returns what differs from the bytes that its
// first run left, in words, or "".
func (s *SelfTest) repeat(p *Program, n int, o op, before *contents) (string, error) {
	if s.Repeat < 2 {
		return "", nil
	}
	first, err := p.reread(before)
	if err != nil {
		return "", err
	}
	for run := 2; run <= s.Repeat; run++ {
		if err := s.before(o); err != nil {
			return "", err
		}
		for m, v := range before.written {
			if err := p.write(wholeOf(m, p.bufferOf(Tensor{mem: m})), v); err != nil {
				return "", err
			}
		}
		if _, err := p.runAlone(n); err != nil {
			return "", err
		}
		again, err := p.reread(before)
		if err != nil {
			return "", err
		}
		if where := firstDifference(o, first, again); where != "" {
			return fmt.Sprintf("run %d of %d left other bytes than run 1 (%s): a race, in the kernel or the driver", run, s.Repeat, where), nil
		}
	}
	return "", nil
}

// firstDifference names the first element of the memory that o writes that has not the same bits twice.
func firstDifference(o op, first, again map[*memory][]float32) string {
	for _, a := range o.args {
		got := again[a.mem]
		for k, v := range first[a.mem] {
			if math.Float32bits(v) == math.Float32bits(got[k]) {
				continue
			}
			if k < a.offset || k >= a.offset+a.Len() {
				return fmt.Sprintf("element %d of the memory of %s: %g, before %g", k, a.mem.name, got[k], v)
			}
			return fmt.Sprintf("element %d of %s %v: %g, before %g", k-a.offset, a.Name, a.Shape, got[k], v)
		}
	}
	return ""
}
