package ref

// RowsCopy is the twin of rows_copy.wgsl.
func RowsCopy(out, x []float32, offset int) { copy(out[offset:], x) }
