// C = op(A) op(B) straight from buffers: the member for GPUs that clear workgroup memory slowly and cache well.
// {{.Form}}, {{.Variant}}
//
//   A  (M, K), or (K, M) with AT     rows padded to whole vec4s
//   B  (K, N), or (N, K) with BT
//   C  (splits, M, N)                splits share out the depth K
//
// Rows and columns past the end are read as whatever a buffer's bounds give, and not stored.
{{bind}} var<storage, read> A: array<vec4f>;
{{bind}} var<storage, read> B: array<vec4f>;
//import epilogue

//import direct
