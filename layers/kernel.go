// Package layers records the forward and backward passes of a vision transformer, one layer a file.
package layers

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/shaders"
)

type args = shaders.Args

// newKernel specialises a kernel of the shaders package.
func newKernel(name string, a args, k gpu.Kernel) gpu.Kernel {
	src, err := shaders.Source(name, a)
	if err != nil {
		panic("layers: " + err.Error()) // a kernel that this package names and does not ship
	}
	k.Name, k.Source = name, src
	return k
}

// ceil is the number of whole steps of size `by` that cover n.
func ceil(n, by int) int { return (n + by - 1) / by }

// workgroup is how many invocations the simple kernels put into a workgroup.
const workgroup = 64

// rowArgs says how kernels that reduce along rows share them out: lanes invocations a row, as the target
// likes it, more where a row is so long that one invocation would take too many loop turns.
func rowArgs(p *gpu.Program, cols int) (lanes, rows int) {
	lanes = p.Target.Lanes()
	for lanes < workgroup && ceil(cols, 4*lanes) > 4096 {
		lanes *= 2
	}
	return lanes, workgroup / lanes
}

// spread folds n workgroups into a grid that stays within 65,535 on each axis, as the kernels' group_number counts them.
func spread(n int) [3]int {
	if n <= shaders.GroupsPerRow {
		return [3]int{max(n, 1), 1, 1}
	}
	return [3]int{shaders.GroupsPerRow, ceil(n, shaders.GroupsPerRow), 1}
}
