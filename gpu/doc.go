// Package gpu is the only package that knows WebGPU.
//
// A Program is recorded once, without a device: tensors are names and shapes, kernels are WGSL text with
// constants filled in. Plan gives the memory it needs, Build makes it on a Device, Run submits it, and
// Check runs each kernel beside its plain Go twin and names the first that disagrees.
package gpu
