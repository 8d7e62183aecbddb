package gpu

// dependencies marks the wanted ops and those that they depend on. A kept tensor that an op only adds to or changes in
// place counts as ready.
func (p *Program) dependencies(wanted map[int]bool) []bool {
	marks := make([]bool, len(p.ops))
	live := map[*memory][]Tensor{}
	alive := func(t Tensor) bool {
		for _, x := range live[t.mem] {
			if overlap(x, t) {
				return true
			}
		}
		return false
	}
	stages := map[*staged]bool{}
	for n := len(p.ops) - 1; n >= 0; n-- {
		o := p.ops[n]
		marks[n] = wanted[n] || o.kind == stage && stages[o.stage]
		for i, a := range o.args {
			marks[n] = marks[n] || o.writes(i) && alive(a)
		}
		if !marks[n] || o.kind == clearOp {
			continue
		}
		for i, a := range o.args {
			switch {
			case o.kind == dispatch && o.staged[i] != nil:
				stages[o.staged[i]] = true
			case !(o.writes(i) && a.mem.kept):
				live[a.mem] = append(live[a.mem], a)
			}
		}
	}
	return marks
}
