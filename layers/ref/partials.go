package ref

// PartialsReduce is the twin of partials_reduce.wgsl: partials (S, M, stride), out (M, N).
func PartialsReduce(out, partials []float32, M, N, stride int, accumulate bool) {
	S := len(partials) / (M * stride)
	for m := range M {
		for n := range N {
			var v float64
			for s := range S {
				v += float64(partials[(s*M+m)*stride+n])
			}
			if accumulate {
				v += float64(out[m*N+n])
			}
			out[m*N+n] = float32(v)
		}
	}
}
