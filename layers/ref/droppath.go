package ref

// RowsScale is the twin of rows_scale.wgsl: x, out (R, D), scale (R).
func RowsScale(out, x, scale []float32, D int) {
	for i, v := range x {
		out[i] = float32(float64(scale[i/D]) * float64(v))
	}
}
