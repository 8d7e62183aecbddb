package layers

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"sync"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
)

// device opens the adapter for the tests once; no adapter is a failure, never a skip.
var device = sync.OnceValues(func() (*gpu.Device, error) { return gpu.Open(os.Getenv("DINOGPU_ADAPTER")) })

// targets are the ways a program can be recorded; every kernel has to agree with its twin in each.
var targets = map[string]gpu.Target{"software": gpu.SoftwareTarget, "gpu": gpu.GPUTarget}

// eachTarget runs test with a fresh program for every target.
func eachTarget(t *testing.T, test func(t *testing.T, p *gpu.Program)) {
	for name, target := range targets {
		t.Run(name, func(t *testing.T) { test(t, gpu.NewProgram(t.Name(), target)) })
	}
}

// input is a kept tensor filled with noise of standard deviation 1 by its name.
type input struct {
	t     gpu.Tensor
	value []float32
}

type inputs []input

// noise adds a tensor of normal noise.
func (in *inputs) noise(name string, shape ...int) gpu.Tensor {
	t := gpu.NewTensor(name, shape...)
	r := rand.New(rand.NewPCG(uint64(len(*in)+1), uint64(t.Len())))
	v := make([]float32, t.Len())
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	*in = append(*in, input{t, v})
	return t
}

// values adds a tensor with given contents.
func (in *inputs) values(name string, v []float32, shape ...int) gpu.Tensor {
	t := gpu.NewTensor(name, shape...)
	*in = append(*in, input{t, v})
	return t
}

// bits are the contents of a tensor of uint32 elements.
func bits(v ...uint32) []float32 {
	f := make([]float32, len(v))
	for i, b := range v {
		f[i] = math.Float32frombits(b)
	}
	return f
}

// check builds p, uploads the inputs and runs each kernel beside its twin.
func (in inputs) check(t *testing.T, p *gpu.Program) {
	t.Helper()
	if err := in.run(p, p.Check); err != nil {
		t.Fatal(err)
	}
}

// run builds p, uploads the inputs, runs it by how, and gives the memory back.
func (in inputs) run(p *gpu.Program, how func() error) error {
	d, err := device()
	if err != nil {
		return fmt.Errorf("the tests need a GPU or a software Vulkan driver: %w", err)
	}
	if err := p.Build(d); err != nil {
		return err
	}
	defer p.Release()
	for _, i := range in {
		if err := d.Write(i.t, i.value); err != nil {
			return err
		}
		defer gpu.Release(i.t)
	}
	return how()
}
