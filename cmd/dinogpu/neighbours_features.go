package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/eval"
	"github.com/dinogpu/dinogpu/eval/featurecache"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// A featureMaker turns images into features.
type featureMaker struct {
	app       *app
	device    *gpu.Device
	weights   *layers.Arena
	embedding eval.Embedding // of no source
}

// make hands each image's features over, and says which images have none. path is what the images are called together.
func (m *featureMaker) make(source augment.Source, path string, each func(i int, features []float32)) (leftOut int, err error) {
	out := newLeftOut(m.app.console, path)
	done := counting(m.app.console, "embedded", source.Len())
	e := m.embedding
	e.Source = source
	_, err = e.Run(m.app.ctx, m.device, m.weights, func(x eval.Embedded) error {
		if x.Err != nil {
			out.add(source.Name(x.Index), x.Err)
		} else {
			each(x.Index, x.Features)
		}
		done(x.Index + 1)
		return nil
	})
	m.app.console.Status("")
	if err == nil {
		out.say()
	}
	return len(out.seen), err
}

// A featureSet is a set of images with the features of those that have any.
type featureSet struct {
	source augment.Source
	infos  []fs.FileInfo // of each image's file; nil: it has none, or is not there

	rows   []int     // the image of each row of features
	values []float32 // (rows, dim)
	dim    int

	known, leftOut int // images whose features were kept; images without features
}

// set makes the features of a set, but for those that are kept.
func (m *featureMaker) set(source augment.Source, path string, kept *featureKeeper) (*featureSet, error) {
	n := source.Len()
	s := &featureSet{source: source, infos: make([]fs.FileInfo, n), dim: m.embedding.Dim()}
	features, images := make([][]float32, n), make([]featurecache.Image, n)
	var missing []int
	for i := range n {
		if m.app.ctx.Err() != nil {
			return nil, fmt.Errorf("%w: nothing was done yet", errInterrupted)
		}
		if path := augment.Path(source, i); path != "" {
			if info, err := os.Stat(path); err == nil { // else decoding says what is wrong
				s.infos[i] = info
				features[i], images[i] = kept.known(path, info)
			}
		}
		if features[i] == nil {
			missing = append(missing, i)
		}
	}
	s.known = n - len(missing)
	if len(missing) > 0 {
		var err error
		s.leftOut, err = m.make(augment.Pick(source, missing), path, func(j int, x []float32) {
			i := missing[j]
			features[i] = x
			kept.keep(images[i], x)
		})
		if errors.As(err, new(*eval.NoFeaturesError)) && s.known > 0 {
			err = nil // all others are known
		}
		if m.app.ctx.Err() != nil {
			kept.save()
			return nil, fmt.Errorf("%w: %s", errInterrupted, kept.words(n))
		}
		if err != nil {
			kept.save()
			return nil, err
		}
	}
	kept.save()
	for i, x := range features {
		if x != nil {
			s.rows = append(s.rows, i)
		}
	}
	s.values = make([]float32, 0, len(s.rows)*s.dim)
	for _, i := range s.rows {
		s.values = append(s.values, features[i]...)
	}
	m.app.console.Print("%s in %s: features of %d made, of %d known from earlier searches", settings.Count(n, "image"), path, len(s.rows)-s.known, s.known)
	return s, nil
}

// imageName is how an image of a source is named in results: by its path where it has one.
func imageName(source augment.Source, i int) string {
	if path := augment.Path(source, i); path != "" {
		return path
	}
	return source.Name(i)
}

// className is an image's class, or empty.
func className(source augment.Source, i int) string {
	label, classes := source.Label(i), source.Classes()
	switch {
	case label < 0:
		return ""
	case label < len(classes):
		return classes[label]
	}
	return fmt.Sprint(label)
}

// itself gives the rows that are the file of which info is, however they lead to it.
func (s *featureSet) itself(info fs.FileInfo) (rows []int) {
	for r, i := range s.rows {
		have := s.infos[i]
		// size and time first: on Windows SameFile opens files
		if have != nil && have.Size() == info.Size() && have.ModTime().Equal(info.ModTime()) && os.SameFile(have, info) {
			rows = append(rows, r)
		}
	}
	return rows
}

// row is a copy of a row of features.
func (s *featureSet) row(r int) []float32 {
	return append([]float32(nil), s.values[r*s.dim:(r+1)*s.dim]...)
}

// counted is a search's progress among the set's images.
func (s *search) counted(what string) func(n int) { return counting(s.console, what, len(s.set.rows)) }
