// Package layers records the forward and backward passes of DINO's networks, its loss and its optimizers, one layer per
// file, into a [gpu.Program].
//
// Begin with [ViT] and [Head], the two halves of a network; [Params] is the layout of their weights and [Arena] holds
// them. [MatMul] and [Attention] choose among kernels by the program's target.
package layers
