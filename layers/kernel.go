package layers

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/shaders"
)

type args = shaders.Args

// newKernel specializes a kernel of the shaders package.
func newKernel(name string, a args, k gpu.Kernel) gpu.Kernel {
	src, err := shaders.Source(name, a)
	if err != nil {
		panic("layers: " + err.Error()) // this package names a kernel that is not in shaders
	}
	k.Name, k.Source = name, src
	return k
}

// ceil is the number of steps of size `by` that cover n.
func ceil(n, by int) int { return (n + by - 1) / by }

// workgroup is the number of invocations in a workgroup of the simple kernels.
const workgroup = 64

// rowArgs are the arguments of kernels that reduce along rows: lanes invocations per row, as suits the target, more where
// one invocation would take too many loop turns for its part of a long row; and the rows of a workgroup.
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
