package layers

import (
	"fmt"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// Block is the grain of parameter arenas: every tensor starts at a multiple of it and zeros fill its last one.
const Block = 256

// A Segment is one parameter tensor's place in the arenas, and what the optimiser may do to it.
type Segment struct {
	Name      string
	Arena     int // in the list of arenas
	Offset    int // in elements, a multiple of Block
	Len       int
	Decay     bool // weight decay
	LastLayer bool // takes no step while the last layer is frozen
	Trainable bool
}

// Segments says which parameter tensor each block of the arenas belongs to. The arenas of every role (weights,
// gradients, moments, teacher) are laid out the same.
type Segments struct {
	List []Segment

	blocks, ranges gpu.Tensor
	first          []int // of each arena, its first entry in blocks
	count          []int // of each arena, its blocks
}

// NewSegments checks the list. arenas are the lengths of the arenas, in elements.
func NewSegments(list []Segment, arenas ...int) (*Segments, error) {
	s := &Segments{List: list}
	if len(list) == 0 || len(list) >= 1<<24 {
		return nil, fmt.Errorf("%d parameter tensors: 1 to %d can be told apart", len(list), 1<<24-1)
	}
	total := 0
	for i, n := range arenas {
		if n < 1 || n%Block != 0 {
			return nil, fmt.Errorf("arena %d has %d elements: not whole blocks of %d", i, n, Block)
		}
		s.first, s.count = append(s.first, total), append(s.count, n/Block)
		total += ceil(n/Block, gpu.Align) * gpu.Align // so that each arena's entries can be bound by themselves
	}
	s.blocks, s.ranges = gpu.NewTensor("segments.blocks", total), gpu.NewTensor("segments.ranges", len(list), 2)
	owner := make([]string, total)
	for _, g := range list {
		if g.Arena < 0 || g.Arena >= len(arenas) || g.Offset < 0 || g.Offset%Block != 0 || g.Len < 1 || g.Offset+g.Len > arenas[g.Arena] {
			return nil, fmt.Errorf("parameter %s: %d elements at %d do not fit arena %d in blocks of %d", g.Name, g.Len, g.Offset, g.Arena, Block)
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

// rangeOf is a tensor's first entry in the table of blocks and how many it has.
func (s *Segments) rangeOf(g Segment) (first, n int) {
	return s.first[g.Arena] + g.Offset/Block, ceil(g.Len, Block)
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

// tables are each block's tensor with its flags, no flag where there is none, and each tensor's range of blocks.
func (s *Segments) tables() (blocks, ranges []uint32) {
	blocks = make([]uint32, s.blocks.Len())
	for number, g := range s.List {
		entry := uint32(number)
		for _, f := range []struct {
			set  bool
			flag uint32
		}{{g.Decay, ref.BlockDecay}, {g.LastLayer, ref.BlockLastLayer}, {g.Trainable, ref.BlockTrainable}} {
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

// maxSlice is what one binding holds on every adapter, 128 MiB, in elements.
const maxSlice = 32 << 20

// slices cuts equal arenas of several roles into runs of at most limit elements, a multiple of Block *
// gpu.Align, and calls record with the runs of all roles and, of each, the blocks that it covers.
func (s *Segments) slices(p *gpu.Program, limit int, record func(runs []gpu.Tensor, firstBlock, blocks int), roles ...[]gpu.Tensor) {
	for _, arenas := range roles {
		if len(arenas) != len(s.count) {
			p.Fail("%d arenas were given, the segments have %d", len(arenas), len(s.count))
			return
		}
		for i, t := range arenas {
			if t.Len() != s.count[i]*Block {
				p.Fail("arena %s has %d elements, its segments %d", t.Name, t.Len(), s.count[i]*Block)
				return
			}
		}
	}
	for i, blocks := range s.count {
		for at := 0; at < blocks*Block; at += limit {
			n := min(limit, blocks*Block-at)
			runs := make([]gpu.Tensor, len(roles))
			for r, arenas := range roles {
				runs[r] = arenas[i].Slice(arenas[i].Name, at, n)
			}
			record(runs, s.first[i]+at/Block, n/Block)
		}
	}
}
