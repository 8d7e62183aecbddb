package ref

// ClassRows is the twin of class_rows.wgsl: out (images, D), x (R, D), the row of x of each image's class token.
func ClassRows(out, x []float32, rows []int, D int) {
	for b, row := range rows {
		copy(out[b*D:b*D+D], x[row*D:])
	}
}

// ClassRowsBackward is the twin of class_rows_backward.wgsl: dy (images, D), dx (R, D).
func ClassRowsBackward(dx, dy []float32, rows []int, D int) {
	clear(dx)
	for b, row := range rows {
		copy(dx[row*D:], dy[b*D:b*D+D])
	}
}
