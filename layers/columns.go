package layers

import (
	"math"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// columnsSum records db (N) += the sum of dy (R, N) over its rows.
func columnsSum(p *gpu.Program, dy, db gpu.Tensor) {
	R, N := dy.Rows(), dy.Cols()
	stride := roundUp4(N)
	tiles, each := rowTiles(p, R, stride/4)
	sum := func(out gpu.Tensor, accumulate bool) {
		p.Dispatch(newKernel("columns_sum", args{"V4": stride == N, "Accumulate": accumulate}, gpu.Kernel{
			Params: []uint32{uint32(R), uint32(N), uint32(each), uint32(tiles)},
			Groups: spread(ceil(tiles*stride/4, workgroup)), Trips: each, Flops: R * N, Tolerance: exact,
			Twin: func(a [][]float32) { ref.ColumnsSum(a[1], a[0], N, each, accumulate) },
		}), dy, out)
	}
	if tiles == 1 {
		sum(db, true)
		return
	}
	partials := p.Scratch("columns.partials", tiles, stride)
	sum(partials, false)
	reducePartials(p, partials, db.Reshape(1, N), gpu.Tensor{}, tiles, true)
}

// rowTiles cuts rows into tiles of `each` rows, whose sums over `across` quads of columns are made side by side.
// A software adapter has few lanes and pays for every dispatch. A GPU wants as many lanes as it can hold, with a few rows
// each, one after the other; reducePartials adds any number of tiles up quickly there. Each lane's sum takes 16 bytes until
// then: at most 1 MiB for one sum, 2 MiB for a layernorm's two.
func rowTiles(p *gpu.Program, rows, across int) (tiles, each int) {
	if p.Target.Software {
		tiles = min(ceil(256, across), ceil(rows*across, 16384), int(math.Sqrt(float64(rows))))
	} else {
		tiles = max(1, min(65536/across, rows/16))
	}
	tiles = max(tiles, ceil(rows, 8192))
	each = ceil(rows, tiles)
	return ceil(rows, each), each
}

func roundUp4(n int) int { return ceil(n, 4) * 4 }
