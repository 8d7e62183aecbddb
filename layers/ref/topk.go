package ref

import "sort"

// KNNTopK is the twin of knn_topk.wgsl: similarities (Q, N), values and numbers (Q, k), chunk (4).
func KNNTopK(values []float32, numbers []uint32, similarities []float32, chunk []uint32, k int) {
	for q := range len(values) / k {
		topK(values, numbers, similarities, chunk, k, q)
	}
}

// topK makes the list of query q.
func topK(values []float32, numbers []uint32, similarities []float32, chunk []uint32, k, q int) {
	const none = 1<<32 - 1
	Q := len(values) / k
	N := len(similarities) / Q
	type entry struct {
		value  float32
		number uint32
	}
	var all []entry
	for j := range k {
		if chunk[2] == 0 {
			all = append(all, entry{values[q*k+j], numbers[q*k+j]})
		} else {
			all = append(all, entry{-3.4e38, none})
		}
	}
	for c := range min(int(chunk[1]), N) {
		if v := similarities[q*N+c]; v > -3.4e38 { // not NaN
			all = append(all, entry{v, chunk[0] + uint32(c)})
		}
	}
	sort.SliceStable(all, func(i, j int) bool {
		a, b := all[i], all[j]
		return a.value > b.value || a.value == b.value && a.number < b.number
	})
	for j := range k {
		values[q*k+j], numbers[q*k+j] = all[j].value, all[j].number
	}
}
