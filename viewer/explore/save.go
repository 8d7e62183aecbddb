package explore

import (
	"context"
	"fmt"
	"image"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dinogpu/dinogpu/eval"
	"github.com/dinogpu/dinogpu/eval/featurefile"
	"github.com/dinogpu/dinogpu/viewer"
)

// The contact sheet's pixels: the page that a window of this size shows.
const (
	SheetWidth  = 1600
	SheetHeight = 900
)

// A Saving says what Save writes, and who is told.
type Saving struct {
	Dir     string                       // files, as below; empty: none
	Video   string                       // an animation of all images, .gif or .mp4; empty: none
	Written func(path string)            // told of each folder or file that is whole; may be nil
	LeftOut func(name string, err error) // told of each image that cannot be read, or is too large; may be nil
	Going   func(n int)                  // told the number of images gone through so far; may be nil
}

// Save writes what the reference's visualize_attention writes of every image file, and more: img.png, attn-head0.png and so
// on, mask_th0.6_head0.png and so on with the masks' outlines, attn-mean.png, attention.npy (heads, rows, columns), pca.png
// where components are asked for, and sheet.png, the page that a window shows. Several image files have a sub-folder each.
// Heads are counted from 0 in files, as the reference counts them.
//
// Of a folder's images and of an animation's frames it writes one picture each, the mean of the heads as the reference's
// video_generation draws it, in a sub-folder where there is more than one path. Video is made of the same pictures.
func (e *Explorer) Save(ctx context.Context, s Saving) error {
	var film *film
	if s.Video != "" {
		var err error
		if film, err = newFilm(s.Video); err != nil {
			return err
		}
	}
	places := e.places(s.Dir)
	var last error
	written := 0
	for i := range e.pictures.n {
		e.index, e.token = i, 0
		if err := e.Update(ctx); err != nil {
			return err
		}
		if e.err != nil {
			last = e.err
			if s.LeftOut != nil {
				s.LeftOut(e.pictures.name(i), e.err)
			}
			continue
		}
		if s.Dir != "" {
			if err := e.save(places[i], s.Written); err != nil {
				return err
			}
		}
		if film != nil {
			x, k := e.pictures.at(i)
			if err := film.add(e.mean(), e.now.gridH, e.now.gridW, e.net.model.ViT.Patch, x.delay(k)); err != nil {
				return fmt.Errorf("%s: %w", e.pictures.name(i), err)
			}
		}
		written++
		if s.Going != nil {
			s.Going(i + 1)
		}
	}
	if written == 0 {
		if e.pictures.n == 1 {
			return last
		}
		return fmt.Errorf("none of %d images can be shown; the last: %w", e.pictures.n, last)
	}
	if film != nil {
		if err := film.write(ctx); err != nil {
			return err
		}
		tell(s.Written, s.Video)
	}
	return nil
}

func tell(to func(string), path string) {
	if to != nil {
		to(path)
	}
}

// A place is where an image's files go.
type place struct {
	dir   string
	frame string // the one file's name; empty: all files
	last  bool   // of its path's images
}

// places gives each image its place in a folder.
func (e *Explorer) places(dir string) []place {
	var all []place
	free := names{}
	for _, x := range e.pictures.parts {
		in := dir
		if len(e.pictures.parts) > 1 {
			in = filepath.Join(dir, free.take(dir, x.called()))
		}
		for i := range x.len() {
			p := place{dir: in, last: i == x.len()-1}
			switch x.(type) {
			case *animation:
				p.frame = fmt.Sprintf("%s-%05d", x.called(), i+1)
			case *source:
				p.frame = free.take(in, stem(x.name(i)))
			}
			all = append(all, p)
		}
	}
	return all
}

// names are those that are taken in each folder, in small letters, since some file systems do not tell them apart.
type names map[string]bool

// take gives a name, or the first of name-2, name-3 that is free.
func (n names) take(in, name string) string {
	for k, try := 2, name; ; k++ {
		if key := strings.ToLower(filepath.Join(in, try)); !n[key] {
			n[key] = true
			return try
		}
		try = fmt.Sprintf("%s-%d", name, k)
	}
}

// save writes one image's files.
func (e *Explorer) save(p place, written func(string)) error {
	if p.frame != "" {
		path := filepath.Join(p.dir, p.frame+".png")
		if err := viewer.WritePNG(path, e.enlarged(e.mean(), viewer.Inferno)); err != nil {
			return err
		}
		if p.last {
			tell(written, p.dir)
		}
		return nil
	}
	shown := viewer.Stretched(e.normalized(), e.image.W, e.image.H)
	files := map[string]image.Image{"img.png": shown, "attn-mean.png": e.enlarged(e.mean(), viewer.Inferno)}
	patch := e.net.model.ViT.Patch
	for h, m := range e.maps {
		files[fmt.Sprintf("attn-head%d.png", h)] = e.enlarged(m, viewer.Viridis)
		kept := eval.Kept(m, e.threshold)
		mask := viewer.Masked(shown, kept, e.now.gridH, e.now.gridW, patch)
		viewer.Contour(mask, kept, e.now.gridH, e.now.gridW, patch)
		files[fmt.Sprintf("mask_th%g_head%d.png", e.threshold, h)] = mask
	}
	if colors, _ := e.principalColors(); colors != nil {
		files["pca.png"] = viewer.EnlargedColors(colors, e.now.gridH, e.now.gridW, patch)
	}
	for name, im := range files {
		if err := viewer.WritePNG(filepath.Join(p.dir, name), im); err != nil {
			return err
		}
	}
	values := slices.Concat(e.maps...)
	if err := featurefile.WriteNPY(filepath.Join(p.dir, "attention.npy"), values, len(e.maps), e.now.gridH, e.now.gridW); err != nil {
		return err
	}
	if err := viewer.WritePNG(filepath.Join(p.dir, "sheet.png"), e.Compose(SheetWidth, SheetHeight, 1)); err != nil {
		return err
	}
	tell(written, p.dir)
	return nil
}

// enlarged is a map in colors, in the image's size.
func (e *Explorer) enlarged(m []float32, c *viewer.ColorMap) *image.RGBA {
	return viewer.Enlarged(m, e.now.gridH, e.now.gridW, e.net.model.ViT.Patch, c)
}

// normalized is the image as the network takes it, (3, height, width).
func (e *Explorer) normalized() []float32 {
	m := e.net.model
	n := e.image.W * e.image.H
	out := make([]float32, 3*n)
	for i := range n {
		for k := range 3 {
			out[k*n+i] = (float32(e.image.Pix[3*i+k])/255 - float32(m.Mean[k])) / float32(m.Std[k])
		}
	}
	return out
}
