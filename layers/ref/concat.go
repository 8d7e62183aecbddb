package ref

// RowsCopy is the twin of rows_copy.wgsl: out[offset:] = x.
func RowsCopy(out, x []float32, offset int) { copy(out[offset:], x) }
