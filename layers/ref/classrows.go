package ref

// ClassRows is the twin of class_rows.wgsl: x (B*T, D), out (B, D).
func ClassRows(out, x []float32, T, D int) {
	for b := range len(out) / D {
		copy(out[b*D:b*D+D], x[b*T*D:])
	}
}

// ClassRowsBackward is the twin of class_rows_backward.wgsl: dy (B, D), dx (B*T, D).
func ClassRowsBackward(dx, dy []float32, T, D int) {
	clear(dx)
	for b := range len(dy) / D {
		copy(dx[b*T*D:], dy[b*D:b*D+D])
	}
}
