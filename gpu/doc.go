// Package gpu records programs of compute kernels and runs them on a GPU, or on software that acts as one. It is the
// only package that knows WebGPU. Begin with [Open] for a device and [NewProgram] for a program.
//
// A Program is recorded once, without a device: tensors are names and shapes, kernels are WGSL text with
// constants filled in. Plan gives the memory that it needs, Build makes it on a [Device], Run submits it, and
// Check runs each kernel beside its plain Go twin and names the first that disagrees.
package gpu
