package layers

import (
	"fmt"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// Segments say which parameter each block of the arenas belongs to, and what the optimizer may do to it. The arenas of
// every role (weights, gradients, moments, teacher) are laid out the same.
type Segments struct {
	layout *Params

	blocks, ranges gpu.Tensor
	first          []int // of each part of the arenas, its first entry in blocks
	count          []int // of each part, its blocks
}

// NewSegments checks the layout: every parameter starts at a multiple of ref.Block and shares no block.
func NewSegments(l *Params) (*Segments, error) {
	s := &Segments{layout: l}
	if len(l.List) == 0 || len(l.List) >= 1<<24 {
		return nil, fmt.Errorf("%d parameter tensors: 1 to %d are allowed", len(l.List), 1<<24-1)
	}
	total := 0
	for i, n := range l.Parts {
		if n < 1 || n%ref.Block != 0 {
			return nil, fmt.Errorf("part %d has %d elements: not whole blocks of %d", i, n, ref.Block)
		}
		s.first, s.count = append(s.first, total), append(s.count, n/ref.Block)
		total += ceil(n/ref.Block, gpu.Align) * gpu.Align // so that each part's entries can be bound by themselves
	}
	s.blocks, s.ranges = gpu.NewTensor("segments.blocks", total), gpu.NewTensor("segments.ranges", len(l.List), 2)
	owner := make([]string, total)
	for _, g := range l.List {
		if g.Part < 0 || g.Part >= len(l.Parts) || g.Offset < 0 || g.Offset%ref.Block != 0 || g.Len() < 1 || g.Offset+g.Len() > l.Parts[g.Part] {
			return nil, fmt.Errorf("parameter %s: %d elements at %d do not fit part %d in blocks of %d", g.Name, g.Len(), g.Offset, g.Part, ref.Block)
		}
		from, n := s.rangeOf(g)
		for b := from; b < from+n; b++ {
			if owner[b] != "" {
				return nil, fmt.Errorf("parameters %s and %s overlap", owner[b], g.Name)
			}
			owner[b] = g.Name
		}
	}
	return s, nil
}

// rangeOf is a parameter's first entry in the table of blocks and how many it has.
func (s *Segments) rangeOf(g Param) (first, n int) {
	return s.first[g.Part] + g.Offset/ref.Block, ceil(g.Len(), ref.Block)
}

// blocksOf is the part of the table of blocks that a slice of the arenas covers.
func (s *Segments) blocksOf(first, blocks int) gpu.Tensor {
	return s.blocks.Slice("segments.blocks", first, blocks)
}

// Upload writes the tables to the device: once, before the first run.
func (s *Segments) Upload(d *gpu.Device) error {
	blocks, ranges := s.tables()
	if err := d.WriteBits(s.blocks, blocks); err != nil {
		return err
	}
	return d.WriteBits(s.ranges, ranges)
}

// Release gives the tables' memory back.
func (s *Segments) Release() { gpu.Release(s.blocks, s.ranges) }

// tables are the number and flags of each block's tensor, 0 for a block without one, and each tensor's range of blocks.
func (s *Segments) tables() (blocks, ranges []uint32) {
	blocks = make([]uint32, s.blocks.Len())
	for number, g := range s.layout.List {
		entry := uint32(number)
		for _, f := range []struct {
			set  bool
			flag uint32
		}{{g.Decay, ref.BlockDecay}, {g.LastLayer, ref.BlockLastLayer}, {g.Backbone, ref.BlockBackbone}, {!g.Frozen && !g.Buffer, ref.BlockTrainable}, {g.Buffer || g.StudentOnly, ref.BlockBuffer}} {
			if f.set {
				entry |= f.flag
			}
		}
		from, n := s.rangeOf(g)
		for b := from; b < from+n; b++ {
			blocks[b] = entry
		}
		ranges = append(ranges, uint32(from), uint32(n))
	}
	return blocks, ranges
}

// maxSlice is the size of a binding that every adapter allows, 128 MiB, in elements.
const maxSlice = 32 << 20

// slices cuts equal arenas of several roles into runs of at most limit elements, a multiple of ref.Block *
// gpu.Align, and calls record with the runs of all roles and the blocks that they cover.
func (s *Segments) slices(p *gpu.Program, limit int, record func(runs []gpu.Tensor, firstBlock, blocks int), roles ...[]gpu.Tensor) {
	for _, arenas := range roles {
		if len(arenas) != len(s.count) {
			p.Fail("%d arena parts were given, the layout has %d", len(arenas), len(s.count))
			return
		}
		for i, t := range arenas {
			if t.Len() != s.count[i]*ref.Block {
				p.Fail("arena part %s has %d elements, its layout %d", t.Name, t.Len(), s.count[i]*ref.Block)
				return
			}
		}
	}
	for i, blocks := range s.count {
		for at := 0; at < blocks*ref.Block; at += limit {
			n := min(limit, blocks*ref.Block-at)
			runs := make([]gpu.Tensor, len(roles))
			for r, arenas := range roles {
				runs[r] = arenas[i].Slice(arenas[i].Name, at, n)
			}
			record(runs, s.first[i]+at/ref.Block, n/ref.Block)
		}
	}
}
