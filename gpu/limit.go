package gpu

import (
	"fmt"
	"math"
	"strings"
)

// Limits of a device that promises only WebGPU's defaults. Kernels stay within them, but that a target may have a larger
// binding.
const (
	maxGroups       = 65535
	maxInvocations  = 256
	maxWorkgroupMem = 16 << 10
	maxStorage      = 8
	defaultBinding  = 128 << 20
	defaultBuffer   = 256 << 20
)

// maxTrips keeps an invocation well under 65,535 loop turns, where Mesa's software driver stops it silently.
const maxTrips = 30000

// A LimitError says that a kernel or a tensor needs more than a limit allows. Recording keeps to the limits that
// every WebGPU device has, whatever the adapter offers, and to the target's Binding; Build returns a LimitError where a
// buffer is larger than its adapter allows. As a rule a smaller batch needs less.
type LimitError struct {
	Kernel   string // empty where a tensor alone needs too much
	Tensor   string // with its shape; empty where the kernel itself needs too much
	Resource string // what there is too little of, such as "workgroups along x" or "bytes in one binding"
	Need     int
	Limit    int
}

func (e *LimitError) Error() string {
	var what []string
	if e.Kernel != "" {
		what = append(what, "kernel "+e.Kernel)
	}
	if e.Tensor != "" {
		what = append(what, "tensor "+e.Tensor)
	}
	need, limit, resource := fmt.Sprint(e.Need), fmt.Sprint(e.Limit), e.Resource
	if in, ok := strings.CutPrefix(e.Resource, "bytes "); ok && e.Need >= 1<<20 {
		need, limit, resource = mib(e.Need), mib(e.Limit), in
	}
	return fmt.Sprintf("%s needs %s %s, the limit is %s", strings.Join(what, ": "), need, resource, limit)
}

// mib rounds up: a need beyond the limit must not read as the limit.
func mib(bytes int) string {
	return fmt.Sprintf("%.1f MiB", math.Ceil(10*float64(bytes)/(1<<20))/10)
}

// limits finds the first need of the kernel, bound to args, that passes a limit; a binding holds so many bytes.
func (k Kernel) limits(f facts, args []Tensor, binding int) (err error) {
	within := func(limit, need int, resource string, of ...Tensor) {
		if need <= limit || err != nil {
			return
		}
		e := &LimitError{Kernel: k.Name, Resource: resource, Need: need, Limit: limit}
		for _, t := range of {
			e.Tensor = fmt.Sprint(t.Name, " ", t.Shape)
		}
		err = e
	}
	storage := 0
	for i, a := range args {
		if f.bindings[i].access != texel {
			storage++
			within(binding, a.bytes(), "bytes in one binding", a)
		} else if fold := FoldOf(a); fold.height >= maxTextureSide {
			within((maxTextureSide-1)*fold.width*16, a.bytes(), "bytes in one texture", a)
		}
	}
	for i, n := range k.Groups {
		within(maxGroups, n, "workgroups along "+"xyz"[i:i+1])
	}
	within(maxInvocations, f.invocations, "invocations per workgroup")
	within(maxWorkgroupMem, f.shared, "bytes of workgroup memory")
	within(maxTrips, k.Trips, "loop turns per invocation")
	within(maxStorage, storage, "storage buffers")
	return err
}
