package augment

// ClassifierView is the reference's training view for linear classifiers, of image i in an epoch: a crop of 0.08 to 1 of
// the area, its width over its height 3/4 to 4/3, resized to size x size (bilinear, unlike pretraining's crops), mirrored
// half the time. It gives size*size*3 bytes.
func ClassifierView(im *Image, size int, seed uint64, epoch, i int) []uint8 {
	r := NewRand(Key{Seed: seed, Epoch: epoch, Image: i, View: viewClassifier})
	w, h := im.Size()
	pix := BilinearCrop(im, RandomBox(w, h, [2]float64{0.08, 1}, defaultRatio, r), size, size).Pix
	if r.Chance(0.5) {
		Flip(pix, size)
	}
	return pix
}

// BilinearCrop is ResizedCrop by Pillow's bilinear filter.
func BilinearCrop(im *Image, b Box, w, h int) *Image {
	out, s := NewImage(w, h), &scratch{}
	s.rows.by, s.cols.by = bilinear, bilinear
	resizedCropInto(out.Pix, im, b, w, h, s)
	return out
}

// ClassifierOrder is the order in which an epoch of a classifier's training takes n images.
func ClassifierOrder(seed uint64, epoch, n int) []int {
	return NewRand(Key{Seed: seed, Epoch: epoch, View: viewClassifierOrder}).Perm(n)
}

// PartOrder is a random order of the n images of a class, by which they are parted.
func PartOrder(seed uint64, class, n int) []int {
	return NewRand(Key{Seed: seed, Image: class, View: viewPart}).Perm(n)
}
