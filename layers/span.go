package layers

// A Span is a run of rows that hold tokens: T for each of B images, from row First.
type Span struct{ First, B, T int }

// Spans lie one behind the other in a tensor of tokens: crops of several sizes share every layer that works row
// by row, and only attention and the embedding tell them apart.
type Spans []Span

// Rows is the number of tokens of all spans.
func (s Spans) Rows() int {
	last := s[len(s)-1]
	return last.First + last.B*last.T
}

// Images is the number of images of all spans.
func (s Spans) Images() int {
	n := 0
	for _, x := range s {
		n += x.B
	}
	return n
}

// atMost are the spans cut so that none has more images; 0: as they are.
func (s Spans) atMost(images int) (cut Spans) {
	if images == 0 {
		return s
	}
	for _, x := range s {
		for b := 0; b < x.B; b += images {
			cut = append(cut, Span{First: x.First + b*x.T, B: min(images, x.B-b), T: x.T})
		}
	}
	return cut
}

// of returns the span's part of rows, the values of a tensor with that many columns.
func (s Span) of(rows []float32, cols int) []float32 {
	return rows[s.First*cols : (s.First+s.B*s.T)*cols]
}
