package layers

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// Optimizer moves the weights by their gradients, each tensor's clipped by its own norm: RecordNorms, then AdamW, SGD or LARS
// record the step. Weights, gradients and moments are lists of flat arenas of the same layout, that of Segments.
type Optimizer struct {
	Segments *Segments

	Weights, Gradients []gpu.Tensor
	Moments            [][]gpu.Tensor // AdamW has two, the others one
	Scalars            gpu.Tensor     // see the type Scalars
	Norms              gpu.Tensor     // (T, 2): of each tensor its gradient's norm, +inf if not finite, and the factor that clips it
	NonFinite          gpu.Tensor     // (1): becomes 1 when a gradient is not finite; while it is, nothing moves

	limit int // elements of a slice; 0: maxSlice
}

// AdamW records a step of AdamW, behind RecordNorms.
func (o *Optimizer) AdamW(p *gpu.Program) {
	defer p.Section("optimizer")()
	per := quadsEach(p)
	a := args{"PER": per, "DECAY": ref.BlockDecay, "LAST_LAYER": ref.BlockLastLayer, "BACKBONE": ref.BlockBackbone, "TRAINABLE": ref.BlockTrainable}
	o.Segments.slices(p, o.slice(), func(runs []gpu.Tensor, first, blocks int) {
		p.Dispatch(newKernel("adamw", a, gpu.Kernel{
			Params: []uint32{uint32(blocks)}, Groups: spread(ceil(blocks, per)), Trips: per, Flops: 16 * ref.Block * blocks,
			Tolerance: approximate, // a square root and a division
			Twin: func(a [][]float32) {
				ref.AdamW(a[0], a[1], a[2], a[3], gpu.Bits(a[4]), a[5], scalarsOf(a[6]).adam(), gpu.Bits(a[7])[0] != 0)
			},
		}), runs[0], runs[1], runs[2], runs[3], o.Segments.blocksOf(first, blocks), o.Norms, o.Scalars, o.NonFinite)
	}, o.Weights, o.Gradients, o.Moments[0], o.Moments[1])
}

// blockArgs are the arguments of kernels that add up a block of 256 values, and the blocks of a workgroup. On a GPU 8
// neighboring lanes read a whole line of its cache together.
func blockArgs(p *gpu.Program, a args) (_ args, rows, trips int) {
	lanes := 1
	if !p.Target.Software {
		lanes = 8
	}
	a["LANES"], a["ROWS"] = lanes, workgroup/lanes
	return a, workgroup / lanes, ref.Block / 4 / lanes
}

// tensorArgs are the arguments of kernels that add up the blocks of a tensor in one workgroup, and its loop turns for the
// largest: on a GPU as many lanes as a workgroup may have, for the last layer has 65,536 blocks or more.
func (o *Optimizer) tensorArgs(p *gpu.Program) (a args, trips int) {
	lanes := 256
	if p.Target.Software {
		lanes = workgroup
	}
	longest := 0
	for _, g := range o.Segments.layout.List {
		longest = max(longest, ceil(g.Len(), ref.Block))
	}
	return args{"LANES": lanes}, ceil(longest, lanes) + 8
}

// RecordNorms records Norms, and sets NonFinite to 1 if any is not finite: ahead of the optimizer's step.
func (o *Optimizer) RecordNorms(p *gpu.Program) {
	defer p.Section("optimizer")()
	partials := p.Scratch("gradient.partials", o.Segments.blocks.Len())
	a, rows, trips := blockArgs(p, args{})
	o.Segments.slices(p, o.slice(), func(runs []gpu.Tensor, first, blocks int) {
		p.Dispatch(newKernel("gradient_norm_partial", a, gpu.Kernel{
			Params: []uint32{uint32(blocks)}, Groups: spread(ceil(blocks, rows)), Trips: trips, Flops: 2 * ref.Block * blocks,
			Tolerance: exact, Twin: func(a [][]float32) { ref.GradientNormPartial(a[1], a[0]) },
		}), runs[0], partials.Slice("gradient.partials", first, blocks))
	}, o.Gradients)
	a, trips = o.tensorArgs(p)
	p.Dispatch(newKernel("gradient_norm", a, gpu.Kernel{
		Groups: [3]int{len(o.Segments.layout.List), 1, 1}, Trips: trips, Tolerance: exact,
		Twin: func(a [][]float32) {
			ref.GradientNorm(a[2], gpu.Bits(a[3]), a[0], gpu.Bits(a[1]), float64(scalarsOf(a[4]).Clip))
		},
	}), partials, o.Segments.ranges, o.Norms, o.NonFinite, o.Scalars)
}

func (o *Optimizer) slice() int {
	if o.limit > 0 {
		return o.limit
	}
	return maxSlice
}

// EMA moves the teacher's arenas towards the student's, frozen gains included; buffers are left out, what is the
// student's alone, and the backbone while only the head is trained.
type EMA struct {
	Segments         *Segments
	Teacher, Student []gpu.Tensor
	Scalars          gpu.Tensor // see the type Scalars
	NonFinite        gpu.Tensor // (1): while it is not zero, the teacher stays
	Buffers          bool       // move too: the teacher runs nothing that would

	limit int // elements of a slice; 0: maxSlice
}

// Record records teacher += rate (student - teacher); a rate of 1 is an exact copy.
func (e *EMA) Record(p *gpu.Program) {
	defer p.Section("optimizer")()
	limit, per := e.limit, quadsEach(p)
	if limit == 0 {
		limit = maxSlice
	}
	left := ref.BlockBuffer
	if e.Buffers {
		left = 0
	}
	e.Segments.slices(p, limit, func(runs []gpu.Tensor, first, blocks int) {
		p.Dispatch(newKernel("ema", args{"PER": per, "BUFFER": left, "BACKBONE": ref.BlockBackbone}, gpu.Kernel{
			Params: []uint32{uint32(blocks)}, Groups: spread(ceil(blocks, per)), Trips: per, Flops: 3 * ref.Block * blocks,
			Tolerance: exact,
			Twin: func(a [][]float32) {
				s := scalarsOf(a[3])
				ref.EMA(a[0], a[1], gpu.Bits(a[2]), uint32(left), float64(s.TeacherRate), s.Backbone != 0, gpu.Bits(a[4])[0] != 0)
			},
		}), runs[0], runs[1], e.Segments.blocksOf(first, blocks), e.Scalars, e.NonFinite)
	}, e.Teacher, e.Student)
}

// quadsEach is the number of vec4s of a block that one invocation works on: on a GPU neighboring lanes should read
// together, and software should seldom read the step's scalars.
func quadsEach(p *gpu.Program) int {
	if p.Target.Software {
		return 16
	}
	return 1
}

// adam are the scalars that the twin of adamw reads.
func (s Scalars) adam() ref.Adam {
	return ref.Adam{
		LR: float64(s.LearningRate), Decay: float64(s.WeightDecay), Epsilon: float64(s.Epsilon),
		Rate1: float64(s.FirstRate), Rate2: float64(s.SecondRate),
		Backbone: s.Backbone != 0, LastLayer: s.LastLayer != 0,
		Correct1: [3]float64{float64(s.FirstCorrection), float64(s.BackboneFirstCorrection), float64(s.LastFirstCorrection)},
		Correct2: [3]float64{float64(s.SecondCorrection), float64(s.BackboneSecondCorrection), float64(s.LastSecondCorrection)},
	}
}
