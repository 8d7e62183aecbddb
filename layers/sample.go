package layers

import "github.com/dinogpu/dinogpu/layers/ref"

// sample does a part of the twin's work. The input of the epilogue's GELU is made at the same places as c.
func (m MatmulShape) sample(h [][]float32, x ref.Matmul) [][]int {
	chosen := make([][]int, len(h))
	var sums []int
	chosen[2], sums = x.RunSome(h[2], h[0], h[1])
	for i := range h {
		switch {
		case x.Gelu != nil && &h[i][0] == &x.Gelu[0]:
			chosen[i] = chosen[2]
		case x.Sums != nil && &h[i][0] == &x.Sums[0]:
			chosen[i] = sums
		}
	}
	return chosen
}

// tokens are the elements of columns `from` up to `to` of the tokens `only`, in each of the span's images, of a tensor
// with that many columns.
func (s Span) tokens(only []int, cols, from, to int) (all []int) {
	for b := range s.B {
		for _, t := range only {
			for c := from; c < to; c++ {
				all = append(all, (s.First+b*s.T+t)*cols+c)
			}
		}
	}
	return all
}

// heads are the elements of the tokens `only` in the span's tensor (B, H, T).
func (s Span) heads(only []int, H int) (all []int) {
	for row := range s.B * H {
		for _, t := range only {
			all = append(all, row*s.T+t)
		}
	}
	return all
}
