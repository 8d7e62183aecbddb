package layers

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// MaxTopK is the length of the longest list that TopK keeps: lists are in workgroup memory.
const MaxTopK = 1024

// TopKChunk is the largest number of columns that TopK can search at once for lists of length k: the loop turns of an
// invocation are bounded.
func TopKChunk(k int) int { return min(8192, (28000/(k+1)-14)*workgroup) }

// TopK records the merging of a chunk of similarities (Q, N) into each query's list of the best: values and numbers
// (Q, k), best first, by value and then by the lower number; numbers are uint32.
// chunk (4) holds, as uint32, the number of the first column, how many there are, and 1 if the lists are new.
func TopK(p *gpu.Program, similarities, values, numbers, chunk gpu.Tensor) {
	defer p.Section("topk")()
	Q, N, k := similarities.Rows(), similarities.Cols(), values.Cols()
	if k < 1 || k > MaxTopK || N > TopKChunk(k) || values.Len() != Q*k || numbers.Len() != Q*k {
		p.Fail("topk: lists of %d from %v do not fit: at most %d, from at most %d columns", k, similarities.Shape, MaxTopK, TopKChunk(k))
		return
	}
	p.Dispatch(newKernel("knn_topk", args{"BEST": k}, gpu.Kernel{
		Params: []uint32{uint32(Q), uint32(N)}, Groups: spread(Q),
		Trips: (k+1)*(ceil(N, workgroup)+8) + 3*k, Tolerance: 0, // values are only moved: the bits are the same
		Twin: func(a [][]float32) { ref.KNNTopK(a[1], gpu.Bits(a[2]), a[0], gpu.Bits(a[3]), k) },
		Sample: func(a [][]float32) [][]int {
			chosen := ref.KNNTopKSome(a[1], gpu.Bits(a[2]), a[0], gpu.Bits(a[3]), k)
			return [][]int{nil, chosen, chosen, nil}
		},
	}), similarities, values, numbers, chunk)
}
