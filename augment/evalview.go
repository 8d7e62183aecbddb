package augment

import "math"

// EvalView is the reference code's evaluation transform: the short side
// resized to 256/224 of size (bicubic, the long side following, cut to whole
// pixels), then the central size x size. It gives size*size*3 bytes.
func EvalView(im *Image, size int) []uint8 {
	return resizeCenter(im, (256*size+112)/224, size)
}

// resizeCenter resizes the short side and cuts the center, both as
// torchvision does on Pillow images.
func resizeCenter(im *Image, short, size int) []uint8 {
	w, h := short, short
	if im.W <= im.H {
		h = int(float64(short) * float64(im.H) / float64(im.W))
	} else {
		w = int(float64(short) * float64(im.W) / float64(im.H))
	}
	left := int(math.RoundToEven(float64(w-size) / 2))
	top := int(math.RoundToEven(float64(h-size) / 2))
	dst := make([]uint8, size*size*3)
	if im.W == w && im.H == h { // Pillow copies too
		resizedCropInto(dst, im, Box{Left: left, Top: top, W: size, H: size}, size, size, &scratch{})
		return dst
	}
	resizePart(dst, im, area{right: float64(im.W), bottom: float64(im.H)}, w, h, Box{Left: left, Top: top, W: size, H: size}, &scratch{})
	return dst
}

// Moved is image number index as the robustness evaluation sees it: one
// random crop (0.4 to 1 of the area, ratio 3/4 to 4/3) resized to size, flipped
// half the time, brightness and contrast changed by 0.6 to 1.4. It is a pure
// function of (image, size, seed, index) and gives size*size*3 bytes.
func Moved(im *Image, size int, seed uint64, index int) []uint8 {
	k := lightKind(size, [2]float64{0.4, 1})
	dst := make([]uint8, size*size*3)
	k.view(dst, im, NewRand(Key{Seed: seed, Image: index, View: viewMoved}), &scratch{})
	return dst
}
