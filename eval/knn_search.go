package eval

import (
	"context"
	"fmt"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

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
	return bank.gallery().nearest(ctx, d, queries.gallery(), k, nil)
}

// nearest finds the k nearest of the gallery for each query. done, if it is not nil, is told how many queries are through.
func (g *Gallery) nearest(ctx context.Context, d *gpu.Device, queries *Gallery, k int, done func(n int)) ([][]Neighbor, error) {
	s, err := newSearch(d, queries.n, g.n, g.stride, k)
	if err != nil {
		return nil, fmt.Errorf("k-NN: %w", err)
	}
	defer s.release()
	Q, N := s.queries.Rows(), s.bank.Rows()
	found := make([][]Neighbor, 0, queries.n)
	for at := 0; at < queries.n; at += Q {
		if err := fill(d, s.queries, queries.values, at*g.stride); err != nil {
			return nil, err
		}
		for first := 0; first < g.n; first += N {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if at == 0 || g.n > N { // a bank of one chunk is uploaded once
				if err := fill(d, s.bank, g.values, first*g.stride); err != nil {
					return nil, err
				}
			}
			chunk := []uint32{uint32(first), uint32(min(N, g.n-first)), 0, 0}
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
		found = append(found, lists[:min(Q, queries.n-at)]...)
		if done != nil {
			done(len(found))
		}
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
