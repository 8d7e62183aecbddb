package main

import (
	"errors"
	"os"
	"slices"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/eval"
)

// queries finds the nearest of the set to each image of another source.
func (s *search) queries(m *featureMaker, source augment.Source, path string, top int) error {
	features := make([][]float32, source.Len())
	itself := make([][]int, source.Len()) // rows
	var missing []int
	for i := range features {
		if path := augment.Path(source, i); path != "" {
			if info, err := os.Stat(path); err == nil { // else decoding says what is wrong
				itself[i] = s.set.itself(info)
			}
		}
		if len(itself[i]) > 0 {
			features[i] = s.set.row(itself[i][0])
		} else {
			missing = append(missing, i)
		}
	}
	if len(missing) > 0 {
		leftOut, err := m.make(augment.Pick(source, missing), path, func(j int, x []float32) { features[missing[j]] = x })
		if errors.As(err, new(*eval.NoFeaturesError)) && len(missing) < len(features) {
			err = nil // all others are in the set
		}
		if err != nil {
			return err
		}
		s.report.QueriesLeftOut = leftOut
	}
	var values []float32
	var asked []int
	most := 0
	for i, x := range features {
		if x != nil {
			values, asked = append(values, x...), append(asked, i)
			most = max(most, len(itself[i]))
		}
	}
	wanted, err := eval.NewGallery(values, s.set.dim)
	if err != nil {
		return err
	}
	gallery, err := s.gallery()
	if err != nil {
		return err
	}
	lists, err := gallery.Nearest(s.ctx, s.device, wanted, min(top+most, eval.MostNeighbors), counting(s.console, "searched for", len(asked)))
	if err != nil {
		return err
	}
	for q, i := range asked {
		near := slices.DeleteFunc(lists[q], func(n eval.Neighbor) bool { return slices.Contains(itself[i], n.Index) })
		near = near[:min(top, len(near))]
		query := queryReport{Image: imageName(source, i), Class: className(source, i), Top: top, Used: len(near), Neighbors: s.neighbors(near)}
		for _, r := range itself[i] {
			query.Itself = append(query.Itself, imageName(s.set.source, s.set.rows[r]))
		}
		if len(itself[i]) > 0 && query.Class == "" {
			query.Class = className(s.set.source, s.set.rows[itself[i][0]])
		}
		s.report.Queries = append(s.report.Queries, query)
		s.sheet.add(source, i, query.Class, shortName(query.Image), s.set, near)
	}
	s.sheet.title = "Each row: an image, then those of the set that are nearest to it, with their cosines"
	return nil
}

// neighbors are the lines of a list.
func (s *search) neighbors(near []eval.Neighbor) []neighborReport {
	lines := []neighborReport{} // an empty list in JSON
	for k, n := range near {
		i := s.set.rows[n.Index]
		lines = append(lines, neighborReport{Rank: k + 1, Cosine: n.Similarity, Image: imageName(s.set.source, i), Class: className(s.set.source, i)})
	}
	return lines
}
