package ref

// PartialsReduce is the twin of partials_reduce.wgsl: S partials, each (M, N rounded up to a multiple of 4) with sums
// behind it or none; out (M, N).
func PartialsReduce(out, partials []float32, S, M, N int, accumulate bool) {
	each, stride := len(partials)/S, (N+3)/4*4
	for m := range M {
		for n := range N {
			var v float64
			for s := range S {
				v += float64(partials[s*each+m*stride+n])
			}
			if accumulate {
				v += float64(out[m*N+n])
			}
			out[m*N+n] = float32(v)
		}
	}
}

// PartialsSums adds to sums the last elements of each of S partials.
func PartialsSums(sums, partials []float32, S int) {
	each := len(partials) / S
	for m := range sums {
		v := float64(sums[m])
		for s := range S {
			v += float64(partials[(s+1)*each-len(sums)+m])
		}
		sums[m] = float32(v)
	}
}
