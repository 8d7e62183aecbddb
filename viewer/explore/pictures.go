package explore

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/augment/decode"
)

// Pictures are the images that are looked at, one part for each path that was given.
type pictures struct {
	parts []part
	n     int
}

// A part is what one path stands for.
type part interface {
	len() int
	name(i int) string
	read(i int) (*augment.Image, error) // upright
	delay(i int) int                    // in hundredths of a second; 0: not known
	frames() bool                       // whether its images are one sequence
	called() string                     // the part as a whole, for a folder's name
}

// openPictures opens image files, GIF animations, folders, lists and idx files. Image files are only read when they are
// looked at, so that a damaged one does not keep the others from being shown.
func openPictures(paths []string) (*pictures, error) {
	p := &pictures{}
	for _, path := range paths {
		x, err := openPart(path)
		if err != nil {
			return nil, err
		}
		p.parts = append(p.parts, x)
		p.n += x.len()
	}
	if p.n == 0 {
		return nil, fmt.Errorf("no images are named: give image files, or a folder of them")
	}
	return p, nil
}

func openPart(path string) (part, error) {
	info, err := os.Stat(path)
	if err == nil && info.Mode().IsRegular() && decode.IsImage(path) {
		if a, ok, err := augment.OpenAnimation(path); err == nil && ok {
			return &animation{path, a}, nil
		}
		return file(path), nil
	}
	src, err := augment.Open(path)
	if err != nil {
		return nil, err
	}
	return &source{path, src}, nil
}

// at finds image i: its part, and its number there.
func (p *pictures) at(i int) (part, int) {
	for _, x := range p.parts {
		if i < x.len() {
			return x, i
		}
		i -= x.len()
	}
	panic("explore: an image beyond the last")
}

func (p *pictures) name(i int) string {
	x, k := p.at(i)
	return x.name(k)
}

// stem is a path's last element without its ending.
func stem(path string) string {
	base := filepath.Base(filepath.ToSlash(path))
	return strings.TrimSuffix(base, filepath.Ext(base))
}

// file is a single image.
type file string

func (f file) len() int                         { return 1 }
func (f file) name(int) string                  { return string(f) }
func (f file) read(int) (*augment.Image, error) { return augment.ReadUpright(string(f)) }
func (f file) delay(int) int                    { return 0 }
func (f file) frames() bool                     { return false }
func (f file) called() string                   { return stem(string(f)) }

// source is a folder, a list or an idx file.
type source struct {
	path string
	src  augment.Source
}

func (s *source) len() int          { return s.src.Len() }
func (s *source) name(i int) string { return s.src.Name(i) }
func (s *source) read(i int) (*augment.Image, error) {
	return augment.DecodeUpright(s.src, i)
}
func (s *source) delay(int) int  { return 0 }
func (s *source) frames() bool   { return true }
func (s *source) called() string { return stem(s.path) }

// animation is a GIF of several frames.
type animation struct {
	path string
	a    *decode.Animation
}

func (a *animation) len() int          { return a.a.Len() }
func (a *animation) name(i int) string { return fmt.Sprintf("%s, frame %d", a.path, i+1) }
func (a *animation) read(i int) (*augment.Image, error) {
	im, err := a.a.Frame(i)
	if err != nil {
		return nil, fmt.Errorf("image %s: %w", a.path, err)
	}
	return im, nil
}
func (a *animation) delay(i int) int { return a.a.Delay(i) }
func (a *animation) frames() bool    { return true }
func (a *animation) called() string  { return stem(a.path) }
