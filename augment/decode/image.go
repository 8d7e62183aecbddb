package decode

// Image is W x H pixels of 8-bit red, green, blue, interleaved, row after row:
// Pix holds exactly H*W*3 bytes.
type Image struct {
	W, H int
	Pix  []uint8

	// Shrunk is how many times smaller than the file's FullW x FullH pixels the
	// image was decoded; W and H are rounded up. All three are 0 where it was
	// decoded at full size.
	Shrunk, FullW, FullH int

	share share
}

// Release gives the image's memory back to the Budget that it was decoded with;
// the image must not be used afterwards. Without a Budget it does nothing.
func (im *Image) Release() { im.share.keep(0) }

// NewImage makes a black image of w x h pixels.
func NewImage(w, h int) *Image {
	return &Image{W: w, H: h, Pix: make([]uint8, w*h*3)}
}

// Size is the file's own width and height in pixels, before any shrinking.
func (im *Image) Size() (w, h int) {
	if im.Shrunk > 1 {
		return im.FullW, im.FullH
	}
	return im.W, im.H
}
