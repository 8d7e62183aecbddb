package eval

import "slices"

// A disjoint holds sets of numbers, of which no two have a number in common.
type disjoint struct{ parent []int32 }

// newDisjoint has each of n numbers in a set by itself.
func newDisjoint(n int) disjoint {
	s := disjoint{make([]int32, n)}
	for i := range s.parent {
		s.parent[i] = int32(i)
	}
	return s
}

// root is the least number of the set that i is in.
func (s disjoint) root(i int) int {
	for int(s.parent[i]) != i {
		s.parent[i] = s.parent[s.parent[i]]
		i = int(s.parent[i])
	}
	return i
}

// join makes the sets of i and j one.
func (s disjoint) join(i, j int) {
	i, j = s.root(i), s.root(j)
	s.parent[max(i, j)] = int32(min(i, j))
}

// groups are the sets of two numbers or more, by their least, each in order.
func (s disjoint) groups() [][]int {
	at := map[int][]int{}
	for i := range s.parent {
		if r := s.root(i); r != i {
			if at[r] == nil {
				at[r] = []int{r}
			}
			at[r] = append(at[r], i)
		}
	}
	var all [][]int
	for _, members := range at {
		all = append(all, members)
	}
	slices.SortFunc(all, func(a, b []int) int { return a[0] - b[0] })
	return all
}
