package eval

import "fmt"

// voidLabel marks pixels of a mask that may belong to an object or not: VOC's rim around each.
const voidLabel = 255

// A JaccardRule says how heads' masks are held against objects.
type JaccardRule struct {
	Size       int     // the short side in pixels that images are resized to
	Threshold  float64 // the share of the attention that a head's mask keeps: 0.6 in the paper
	IgnoreVoid bool    // void pixels count nowhere, VOC's own habit; else they are background, as DINO's authors count
}

// An ObjectScore is how each head's mask covers one object.
type ObjectScore struct {
	Object int       // its label, 1 to 254
	Area   int       // its pixels in whole patches
	IoU    []float64 // of each head: intersection over union, 0 to 1
}

// Best is the head that covers the object best, the first of equals, and its IoU.
func (s ObjectScore) Best() (head int, iou float64) {
	for h, v := range s.IoU {
		if v > s.IoU[head] {
			head = h
		}
	}
	return head, s.IoU[head]
}

// A labelGrid counts the labels of an image by the patches that its pixels lie in.
type labelGrid struct {
	objects []int   // the labels that are there, rising
	inside  [][]int // of each object: its pixels in each patch
	pixels  []int   // of each patch: the pixels that count
}

// A shownGrid is how an image was shown to a network: resized to width x height pixels, of which the grid of patches covers
// all but what is left over at the bottom and the right.
type shownGrid struct{ width, height, patch, gridW, gridH int }

// count counts labels (h, w). A pixel lies in the patch under its center once the image is resized, so that the
// image's own pixels are compared whatever size the network saw; those of no patch do not count.
func (g shownGrid) count(labels []uint8, w, h int, ignoreVoid bool) labelGrid {
	columns, rows := patchesOf(w, g.width, g.patch, g.gridW), patchesOf(h, g.height, g.patch, g.gridH)
	out := labelGrid{pixels: make([]int, g.gridH*g.gridW)}
	var inside [256][]int
	for y, row := range rows {
		if row < 0 {
			continue
		}
		for x, column := range columns {
			label := labels[y*w+x]
			if column < 0 || label == voidLabel && ignoreVoid {
				continue
			}
			at := row*g.gridW + column
			out.pixels[at]++
			if label == 0 || label == voidLabel {
				continue
			}
			if inside[label] == nil {
				inside[label] = make([]int, len(out.pixels))
			}
			inside[label][at]++
		}
	}
	for label, in := range inside {
		if in != nil {
			out.objects, out.inside = append(out.objects, label), append(out.inside, in)
		}
	}
	return out
}

// patchesOf gives the patch of each of n pixels in a row that is shown as so many, -1 for what is cut off.
func patchesOf(n, shown, patch, grid int) []int {
	all := make([]int, n)
	for i := range all {
		if all[i] = (2*i + 1) * shown / (2 * n) / patch; all[i] >= grid {
			all[i] = -1
		}
	}
	return all
}

// scores holds each head's mask, the patches that keep a share of its map (GridH, GridW), against each object.
func (l labelGrid) scores(maps [][]float32, threshold float64) []ObjectScore {
	all := make([]ObjectScore, len(l.objects))
	for o, label := range l.objects {
		all[o] = ObjectScore{Object: label, Area: sumKept(l.inside[o], nil), IoU: make([]float64, len(maps))}
	}
	for h, m := range maps {
		kept := Kept(m, threshold)
		area := sumKept(l.pixels, kept)
		for o := range all {
			both := sumKept(l.inside[o], kept)
			all[o].IoU[h] = float64(both) / float64(all[o].Area+area-both)
		}
	}
	return all
}

// sumKept adds what is kept of counts; nil keeps all.
func sumKept(counts []int, kept []bool) int {
	n := 0
	for i, c := range counts {
		if kept == nil || kept[i] {
			n += c
		}
	}
	return n
}

// An ImageScore is one image's objects.
type ImageScore struct {
	Name    string
	Objects []ObjectScore // one at least
}

// A Jaccard is the Jaccard index of a network's attention over images: the mean over an image's objects, then over images.
type Jaccard struct {
	Images  []ImageScore
	LeftOut int       // images that could not be measured
	Best    float64   // with the best head for each object: the paper's number (figure 4, right), 0 to 1
	Heads   []float64 // with one head for all objects
}

// Objects is how many there are in all images.
func (j *Jaccard) Objects() int {
	n := 0
	for _, im := range j.Images {
		n += len(im.Objects)
	}
	return n
}

// mean fills Best and Heads.
func (j *Jaccard) mean() error {
	if len(j.Images) == 0 {
		return fmt.Errorf("none of %d images can be measured", j.LeftOut)
	}
	j.Best, j.Heads = 0, make([]float64, len(j.Images[0].Objects[0].IoU))
	for _, im := range j.Images {
		share := 1 / float64(len(im.Objects)*len(j.Images))
		for _, o := range im.Objects {
			_, iou := o.Best()
			j.Best += iou * share
			for h, v := range o.IoU {
				j.Heads[h] += v * share
			}
		}
	}
	return nil
}
