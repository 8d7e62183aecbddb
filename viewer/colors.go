package viewer

import "image/color"

// The colors of words and frames.
var (
	paper = color.RGBA{255, 255, 255, 255}
	ink   = color.RGBA{30, 30, 30, 255}
	right = color.RGBA{40, 160, 70, 255}
	other = color.RGBA{215, 215, 215, 255}
	plain = color.RGBA{120, 120, 120, 255}
)
