package viewer

import "github.com/dinogpu/dinogpu/augment"

// smallSide is more than a sheet of neighbors shows of an image.
const smallSide = 224

// Small is an image as a sheet has room for it: a large one is shrunk, so that a sheet of photographs takes little memory.
func Small(im *augment.Image) *augment.Image {
	longer := max(im.W, im.H)
	if longer <= smallSide {
		return im
	}
	w, h := max(1, im.W*smallSide/longer), max(1, im.H*smallSide/longer)
	return augment.ResizedCrop(im, augment.Box{W: im.W, H: im.H}, w, h)
}
