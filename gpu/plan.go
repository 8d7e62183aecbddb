package gpu

import "slices"

// plan says which slot of device memory each scratch tensor and each texture takes.
type plan struct {
	slotOf   map[*memory]int
	slots    []int // bytes of each
	textures []textureSize
}

// A Memory is the memory that a program takes, in bytes.
type Memory struct {
	Kept     map[string]int // by name, of each kept tensor that the program uses
	Scratch  int
	Textures int
	Largest  int // the largest binding
}

// Plan gives each scratch tensor a slot and returns the memory that the program takes. Two tensors that never live at
// once share a slot.
func (p *Program) Plan() (Memory, error) {
	m := Memory{Kept: map[string]int{}}
	if p.err != nil {
		return m, p.err
	}
	p.memory = p.assign()
	for _, b := range p.memory.slots {
		m.Scratch += b
	}
	for _, t := range p.memory.textures {
		m.Textures += t.bytes()
	}
	for _, o := range p.ops {
		for _, a := range o.args {
			if a.mem.kept {
				m.Kept[a.mem.name] = memoryBytes(a.mem)
			}
			if b := a.bytes(); b > m.Largest && o.kind == dispatch {
				m.Largest = b
			}
		}
	}
	return m, nil
}

func memoryBytes(m *memory) int { return roundUp(4*m.elements, 256) }

// assign walks the ops once: a tensor takes the free slot that fits best at its first use, and frees it after its last.
func (p *Program) assign() plan {
	first, last := map[*memory]int{}, map[*memory]int{}
	for n, o := range p.ops {
		for _, a := range o.args {
			if _, ok := first[a.mem]; !ok {
				first[a.mem] = n
			}
			last[a.mem] = n
		}
	}
	pl := plan{slotOf: map[*memory]int{}}
	var free, freeTextures []int
	takeTexture := func(need textureSize) int {
		for i, n := range freeTextures {
			if t := &pl.textures[n]; t.width == need.width {
				t.height = max(t.height, need.height)
				freeTextures = append(freeTextures[:i], freeTextures[i+1:]...)
				return n
			}
		}
		pl.textures = append(pl.textures, need)
		return len(pl.textures) - 1
	}
	take := func(sizes *[]int, free *[]int, need int) int {
		best := -1
		for i, s := range *free {
			fits := (*sizes)[s] >= need
			if best < 0 {
				best = i
				continue
			}
			b := (*sizes)[(*free)[best]]
			// the smallest that fits; if none does, the largest, which then grows
			if (fits && (b < need || (*sizes)[s] < b)) || (!fits && b < need && (*sizes)[s] > b) {
				best = i
			}
		}
		if best < 0 {
			*sizes = append(*sizes, need)
			return len(*sizes) - 1
		}
		s := (*free)[best]
		*free = append((*free)[:best], (*free)[best+1:]...)
		(*sizes)[s] = max((*sizes)[s], need)
		return s
	}
	for _, m := range p.scratch {
		if p.pinned[m] && last[m] >= 0 {
			pl.slots = append(pl.slots, memoryBytes(m))
			pl.slotOf[m] = len(pl.slots) - 1
		}
	}
	ending := map[int][]*staged{}
	for n, o := range p.ops {
		if o.kind == stage {
			o.stage.slot = takeTexture(FoldOf(o.stage.of).size())
			ending[o.stage.last] = append(ending[o.stage.last], o.stage)
		}
		var done []*memory
		for _, a := range o.args {
			if a.mem.kept || p.pinned[a.mem] {
				continue
			}
			if _, ok := pl.slotOf[a.mem]; !ok {
				pl.slotOf[a.mem] = take(&pl.slots, &free, memoryBytes(a.mem))
			}
			if last[a.mem] == n && !slices.Contains(done, a.mem) {
				done = append(done, a.mem)
			}
		}
		for _, m := range done {
			free = append(free, pl.slotOf[m])
		}
		for _, s := range ending[n] {
			freeTextures = append(freeTextures, s.slot)
		}
		slices.Sort(free)
		slices.Sort(freeTextures)
	}
	return pl
}
