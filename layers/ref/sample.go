package ref

import "slices"

const (
	// sampleWork is about the number of multiply-adds that a sample of a kernel's outputs may take.
	sampleWork = 30 << 20
	// sampleLeast is the number of outputs that a sample has at least, where there are so many.
	sampleLeast = 256
)

// RunSome makes a part of c: of each split, one element of every square block, as small as sampleWork allows, as many of
// the first and last rows and columns, and all sums of columns. It returns the indices in c and in Sums.
func (x Matmul) RunSome(c, a, b []float32) (inC, inSums []int) {
	splits := len(c) / x.Split
	side := 4
	for splits*cells(x.M, x.N, side)*x.PerSplit > sampleWork && cells(x.M, x.N, 2*side) >= sampleLeast {
		side *= 2
	}
	top, bottom := x.Blocks.rows(x.M)
	chosen := spots(bottom-top, x.N, side)
	for i := range chosen {
		chosen[i] += top * x.N
	}
	if b := x.Blocks; b.End > 0 {
		chosen = append(chosen, b.First/b.Across*b.Rows*x.N+b.First%b.Across*b.Cols) // a small part may hold no other
	}
	chosen = slices.DeleteFunc(chosen, func(i int) bool { return !x.Blocks.has(i/x.N, i%x.N) })
	slices.Sort(chosen)
	chosen = slices.Compact(chosen)
	for z := range splits {
		from, to := min(z*x.PerSplit, x.K), min((z+1)*x.PerSplit, x.K)
		part := c[z*x.Split : (z+1)*x.Split]
		for _, i := range chosen {
			var v float64
			if from < to && !x.pastColumns(i%x.N) {
				v = x.dot(a, b, i/x.N, i%x.N, from, to)
			}
			x.store(part, i, i%x.N, v)
			inC = append(inC, z*x.Split+i)
		}
		for i := range x.sums(part, a, from, to) {
			if x.Blocks.has(i, 0) {
				inC = append(inC, z*x.Split+x.M*x.N+i)
			}
		}
	}
	for i := range x.Sums {
		if x.Blocks.has(i, 0) {
			inSums = append(inSums, i)
		}
	}
	return inC, inSums
}

// cells is how many blocks of side x side cover an M x N matrix.
func cells(M, N, side int) int { return ((M + side - 1) / side) * ((N + side - 1) / side) }

// spots are indices of an M x N matrix, in order: one in each block of side x side, at a place that changes from
// block to block, the same rows and columns along the edges, and the corners.
func spots(M, N, side int) []int {
	all := []int{0, N - 1, (M - 1) * N, M*N - 1}
	for r := 0; r < M; r += side {
		for c := 0; c < N; c += side {
			turn := 7*(r/side) + 5*(c/side)
			m, n := r+11*turn%min(side, M-r), c+13*turn%min(side, N-c)
			all = append(all, m*N+n)
			if r == 0 {
				all = append(all, n, (M-1)*N+n)
			}
			if c == 0 {
				all = append(all, m*N, m*N+N-1)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Some are numbers below n for a sample: the first, the last and one of each equal run between, at a place that
// changes from run to run; as many as take `each` multiply-adds within a sample's work, and at least `least`.
func Some(n, each, least int) []int {
	count := min(max(sampleWork/max(each, 1), least), n)
	run := n / count
	all := make([]int, count)
	for i := range all {
		all[i] = i*n/count + 11*i%run
	}
	all[count-1] = n - 1
	return all
}

// KNNTopKSome does KNNTopK for some queries and returns the indices in values and in numbers.
func KNNTopKSome(values []float32, numbers []uint32, similarities []float32, chunk []uint32, k int) (all []int) {
	for _, q := range Some(len(values)/k, 64*len(similarities)*k/len(values), sampleLeast) {
		topK(values, numbers, similarities, chunk, k, q)
		for j := range k {
			all = append(all, q*k+j)
		}
	}
	return all
}
