package eval

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// Result is the accuracy of the vote among the K nearest, in percent.
type Result struct {
	K    int // as asked for
	Used int // the neighbors that voted: fewer than K if the bank has fewer
	Top1 float64
	Top5 float64 // the label is among the min(5, K) classes with the most votes, equal ones in their order
}

// Neighbor is one of the bank's features near a query.
type Neighbor struct {
	Index      int
	Similarity float64 // cosine
}

// Temperature is the reference's temperature for the weights of votes.
const Temperature = 0.07

// NoClass is the label of a query whose class is not in the bank: no vote can be right.
const NoClass = -1

// KNN classifies each query by a vote of its k nearest in the bank by cosine, each with the weight
// exp(similarity / temperature), for every k in ks. It returns the accuracies and each query's neighbors for the largest
// k, nearest first, equal ones in the bank's order. As eval_knn of the reference DINO, for any number of classes and
// queries.
func KNN(ctx context.Context, d *gpu.Device, bank, queries Features, ks []int, temperature float64, classes int) ([]Result, [][]Neighbor, error) {
	if err := bank.check("the bank", 0, classes); err != nil {
		return nil, nil, err
	}
	if err := queries.check("the queries", NoClass, classes); err != nil {
		return nil, nil, err
	}
	switch {
	case bank.Dim != queries.Dim:
		return nil, nil, fmt.Errorf("the bank's features have %d values, the queries' %d", bank.Dim, queries.Dim)
	case len(ks) == 0 || slices.Min(ks) < 1:
		return nil, nil, fmt.Errorf("k-NN with k %v: give one k or more, each at least 1", ks)
	case !(temperature > 0):
		return nil, nil, fmt.Errorf("k-NN with temperature %g: it must be above 0", temperature)
	}
	k := min(slices.Max(ks), bank.Len())
	if k > layers.MaxTopK {
		return nil, nil, fmt.Errorf("k-NN with k %d: at most %d is possible", k, layers.MaxTopK)
	}
	neighbors, err := nearest(ctx, d, bank, queries, k)
	if err != nil {
		return nil, nil, err
	}
	results := make([]Result, len(ks))
	for i, k := range ks {
		r := Result{K: k, Used: min(k, bank.Len())}
		for q, near := range neighbors {
			if queries.Labels[q] == NoClass {
				continue
			}
			at := place(vote(near[:r.Used], bank.Labels, temperature, classes), queries.Labels[q])
			if at == 0 {
				r.Top1++
			}
			if at < min(5, k) {
				r.Top5++
			}
		}
		n := float64(queries.Len())
		r.Top1, r.Top5 = 100*r.Top1/n, 100*r.Top5/n
		results[i] = r
	}
	return results, neighbors, nil
}

// vote adds up each class's weights. The largest similarity is taken off first, which changes no order and allows
// any temperature above 0.
func vote(near []Neighbor, labels []int, temperature float64, classes int) []float64 {
	votes := make([]float64, classes)
	for _, n := range near {
		votes[labels[n.Index]] += math.Exp((n.Similarity - near[0].Similarity) / temperature)
	}
	return votes
}

// place is the number of classes that come before label; equal ones in the order of the classes.
func place(votes []float64, label int) int {
	n := 0
	for class, v := range votes {
		if v > votes[label] || v == votes[label] && class < label {
			n++
		}
	}
	return n
}

// chunkBytes bounds each operand of a multiplication: a part of the bank and of the queries.
const chunkBytes = 64 << 20

// search is the program for one chunk of queries and one of the bank, recorded once.
type search struct {
	queries, bank, values, numbers, chunk gpu.Tensor

	program *gpu.Program
}

func newSearch(d *gpu.Device, queries, bank, dim, k int) (*search, error) {
	rows := func(most int) int { return max(16, min(most, chunkBytes/(4*dim))) }
	N := min(rows(layers.TopKChunk(k)), ceil(bank, 16)*16)
	Q := min(rows(2048), queries)
	s := &search{
		queries: gpu.NewTensor("knn.queries", Q, dim), bank: gpu.NewTensor("knn.bank", N, dim),
		values: gpu.NewTensor("knn.values", Q, k), numbers: gpu.NewTensor("knn.numbers", Q, k),
		chunk: gpu.NewTensor("knn.chunk", 4), program: gpu.NewProgram("knn", d.Target()),
	}
	p := s.program
	similarities := layers.MatMul(p, layers.NT, s.queries, s.bank, p.Scratch("knn.similarities", Q, N), layers.Epilogue{})
	layers.TopK(p, similarities, s.values, s.numbers, s.chunk)
	if err := p.Build(d); err != nil {
		s.release()
		return nil, err
	}
	return s, nil
}

func (s *search) release() {
	s.program.Release()
	gpu.Release(s.queries, s.bank, s.values, s.numbers, s.chunk)
}

// nearest finds the k nearest of the bank for each query.
func nearest(ctx context.Context, d *gpu.Device, bank, queries Features, k int) ([][]Neighbor, error) {
	stride := ceil(bank.Dim, 4) * 4
	s, err := newSearch(d, queries.Len(), bank.Len(), stride, k)
	if err != nil {
		return nil, fmt.Errorf("k-NN: %w", err)
	}
	defer s.release()
	all, units := bank.unit(stride), queries.unit(stride)
	Q, N := s.queries.Rows(), s.bank.Rows()
	found := make([][]Neighbor, 0, queries.Len())
	for at := 0; at < queries.Len(); at += Q {
		if err := fill(d, s.queries, units, at*stride); err != nil {
			return nil, err
		}
		for first := 0; first < bank.Len(); first += N {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if at == 0 || bank.Len() > N { // a bank of one chunk is uploaded once
				if err := fill(d, s.bank, all, first*stride); err != nil {
					return nil, err
				}
			}
			chunk := []uint32{uint32(first), uint32(min(N, bank.Len()-first)), 0, 0}
			if first == 0 {
				chunk[2] = 1
			}
			if err := d.WriteBits(s.chunk, chunk); err != nil {
				return nil, err
			}
			if err := s.program.Run(); err != nil {
				return nil, err
			}
		}
		lists, err := s.read(d, k)
		if err != nil {
			return nil, err
		}
		found = append(found, lists[:min(Q, queries.Len()-at)]...)
	}
	return found, nil
}

// fill uploads values from an offset on, and zeros for the rest of t.
func fill(d *gpu.Device, t gpu.Tensor, values []float32, offset int) error {
	if len(values)-offset >= t.Len() {
		return d.Write(t, values[offset:offset+t.Len()])
	}
	padded := make([]float32, t.Len())
	copy(padded, values[offset:])
	return d.Write(t, padded)
}

// read returns the lists of a chunk of queries.
func (s *search) read(d *gpu.Device, k int) ([][]Neighbor, error) {
	values, numbers := make([]float32, s.values.Len()), make([]uint32, s.numbers.Len())
	if err := d.Read(s.values, values); err != nil {
		return nil, err
	}
	if err := d.ReadBits(s.numbers, numbers); err != nil {
		return nil, err
	}
	lists := make([][]Neighbor, s.queries.Rows())
	for q := range lists {
		for j := q * k; j < (q+1)*k; j++ {
			lists[q] = append(lists[q], Neighbor{Index: int(numbers[j]), Similarity: float64(values[j])})
		}
	}
	return lists, nil
}

func ceil(n, by int) int { return (n + by - 1) / by }
