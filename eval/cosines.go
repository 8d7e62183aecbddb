package eval

import (
	"context"
	"fmt"

	"github.com/dinogpu/dinogpu/gpu"
)

// cosines calls visit for each query, in order, with its cosines with all rows of the gallery; they hold until it returns.
func (g *Gallery) cosines(ctx context.Context, d *gpu.Device, queries *Gallery, visit func(query int, cosines []float32)) error {
	if queries.stride != g.stride {
		return fmt.Errorf("the queries' features have %d values, the others %d", queries.stride, g.stride)
	}
	// As many queries at once as have their cosines in memory.
	Q := max(1, min(blockOf(queries), 2*chunkBytes/(4*g.n)))
	p, err := newBlock(d, Q, blockOf(g), g.stride)
	if err != nil {
		return err
	}
	defer p.release()
	N := p.columns.Rows()
	all := make([]float32, Q*g.n)
	for at := 0; at < queries.n; at += Q {
		if err := fill(d, p.rows, queries.values, at*g.stride); err != nil {
			return err
		}
		for left := 0; left < g.n; left += N {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := fill(d, p.columns, g.values, left*g.stride); err != nil {
				return err
			}
			if err := p.program.Run(); err != nil {
				return err
			}
			if err := d.Read(p.block, p.cosines); err != nil {
				return err
			}
			for q := range Q {
				copy(all[q*g.n+left:(q+1)*g.n], p.cosines[q*N:(q+1)*N])
			}
		}
		for q := at; q < min(queries.n, at+Q); q++ {
			visit(q, all[(q-at)*g.n:(q-at+1)*g.n])
		}
	}
	return nil
}
