// Package ref holds the plain Go twin of every kernel: loops with float64 sums, to test the kernels against.
//
// A twin is named after its kernel: [LayerNormForward] is the twin of shaders/layernorm_forward.wgsl, whose header gives
// the formula. Twins write to their first arguments. Package layers hands them to the kernels that it records; begin
// there.
package ref
