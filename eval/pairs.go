package eval

import (
	"context"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// pairs is the program that makes the cosines of a block of rows with another, recorded once.
type pairs struct {
	d                    *gpu.Device
	rows, columns, block gpu.Tensor

	program *gpu.Program
	cosines []float32
}

// blockRows is the number of rows and of columns of a block: 16 MiB of cosines, which are read back as they are. To read
// them costs far less than to make them.
const blockRows = 2048

// newPairs is for a gallery, and for any with fewer rows of the same length.
func newPairs(d *gpu.Device, g *Gallery) (*pairs, error) {
	n := blockOf(g)
	return newBlock(d, n, n, g.stride)
}

// blockOf is how many rows of a gallery a block has.
func blockOf(g *Gallery) int {
	return max(16, min(blockRows, chunkBytes/(4*g.stride), ceil(g.n, 16)*16))
}

// newBlock is for blocks of rows x columns, which are a multiple of 16.
func newBlock(d *gpu.Device, rows, columns, stride int) (*pairs, error) {
	p := &pairs{
		d: d, program: gpu.NewProgram("pairs", d.Target()), cosines: make([]float32, rows*columns),
		rows: gpu.NewTensor("pairs.rows", rows, stride), columns: gpu.NewTensor("pairs.columns", columns, stride),
		block: gpu.NewTensor("pairs.cosines", rows, columns),
	}
	layers.MatMul(p.program, layers.NT, p.rows, p.columns, p.block, layers.Epilogue{})
	if err := p.program.Build(d); err != nil {
		p.release()
		return nil, err
	}
	return p, nil
}

func (p *pairs) release() {
	p.program.Release()
	gpu.Release(p.rows, p.columns, p.block)
}

// each calls visit for parts of rows: the cosines of row i with the rows from `first` on, all of which come after i. Each
// pair is visited once. done, if it is not nil, is told how many rows have no pairs left.
func (p *pairs) each(ctx context.Context, g *Gallery, done func(n int), visit func(i, first int, cosines []float32)) error {
	size := p.rows.Rows()
	for top := 0; top < g.n; top += size {
		if err := fill(p.d, p.rows, g.values, top*g.stride); err != nil {
			return err
		}
		for left := top; left < g.n; left += size {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := fill(p.d, p.columns, g.values, left*g.stride); err != nil {
				return err
			}
			if err := p.program.Run(); err != nil {
				return err
			}
			if err := p.d.Read(p.block, p.cosines); err != nil {
				return err
			}
			end := min(g.n, left+size)
			for i := top; i < min(g.n, top+size); i++ {
				first := max(left, i+1)
				if first < end {
					row := p.cosines[(i-top)*size:]
					visit(i, first, row[first-left:end-left])
				}
			}
		}
		if done != nil {
			done(min(g.n, top+size))
		}
	}
	return nil
}
