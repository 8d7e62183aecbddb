package layers

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// SGD records a step of SGD with momentum, behind RecordNorms.
func (o *Optimizer) SGD(p *gpu.Program) {
	defer p.Section("optimizer")()
	o.sgd(p, gpu.Tensor{})
}

// LARS records, behind RecordNorms, a step of SGD with momentum that scales the step of each tensor that decays by its length:
// d = gradient + decay x weight is multiplied by 0.001 |weight| / |d|. The tensors that do not decay are those
// of one dimension, for which LARS is plain SGD.
func (o *Optimizer) LARS(p *gpu.Program) {
	defer p.Section("optimizer")()
	partials := p.Scratch("lars.partials", o.Segments.blocks.Len(), 2)
	a, rows, trips := blockArgs(p, args{"DECAY": ref.BlockDecay})
	o.Segments.slices(p, o.slice(), func(runs []gpu.Tensor, first, blocks int) {
		p.Dispatch(newKernel("lars_partial", a, gpu.Kernel{
			Params: []uint32{uint32(blocks)}, Groups: spread(ceil(blocks, rows)), Trips: trips, Flops: 7 * ref.Block * blocks,
			Tolerance: exact,
			Twin: func(a [][]float32) {
				ref.LARSPartial(a[5], a[0], a[1], gpu.Bits(a[2]), a[3], float64(scalarsOf(a[4]).WeightDecay))
			},
		}), runs[0], runs[1], o.Segments.blocksOf(first, blocks), o.Norms, o.Scalars, partials.Slice("lars.partials", 2*first, blocks, 2))
	}, o.Weights, o.Gradients)
	ratios := p.Scratch("lars.ratios", len(o.Segments.layout.List))
	a, trips = o.tensorArgs(p)
	p.Dispatch(newKernel("lars_ratio", a, gpu.Kernel{
		Groups: [3]int{len(o.Segments.layout.List), 1, 1}, Trips: trips, Tolerance: approximate, // square roots and a division
		Twin: func(a [][]float32) {
			ref.LARSRatio(a[2], a[3], gpu.Bits(a[4]), a[0], gpu.Bits(a[1]))
		},
	}), partials, o.Segments.ranges, ratios, o.Norms, o.NonFinite)
	o.sgd(p, ratios)
}

// sgd records the step, with LARS's ratios (T) unless ratios is a zero Tensor.
func (o *Optimizer) sgd(p *gpu.Program, ratios gpu.Tensor) {
	per, lars := quadsEach(p), !ratios.IsZero()
	a := args{
		"PER": per, "Lars": lars,
		"DECAY": ref.BlockDecay, "LAST_LAYER": ref.BlockLastLayer, "BACKBONE": ref.BlockBackbone, "TRAINABLE": ref.BlockTrainable,
	}
	o.Segments.slices(p, o.slice(), func(runs []gpu.Tensor, first, blocks int) {
		bound := []gpu.Tensor{runs[0], runs[1], runs[2], o.Segments.blocksOf(first, blocks), o.Norms, o.Scalars, o.NonFinite}
		if lars {
			bound = append(bound, ratios)
		}
		p.Dispatch(newKernel("sgd", a, gpu.Kernel{
			Params: []uint32{uint32(blocks)}, Groups: spread(ceil(blocks, per)), Trips: per, Flops: 8 * ref.Block * blocks,
			Tolerance: exact,
			Twin: func(a [][]float32) {
				s := scalarsOf(a[5])
				var ratios []float32
				if lars {
					ratios = a[7]
				}
				ref.SGD(a[0], a[1], a[2], gpu.Bits(a[3]), a[4], ratios, float64(s.LearningRate), float64(s.WeightDecay),
					s.Backbone != 0, s.LastLayer != 0, gpu.Bits(a[6])[0] != 0)
			},
		}), bound...)
	}, o.Weights, o.Gradients, o.Moments[0])
}
