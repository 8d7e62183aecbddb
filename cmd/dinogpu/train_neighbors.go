package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/eval"
	"github.com/dinogpu/dinogpu/layers"
	"github.com/dinogpu/dinogpu/viewer"
)

// Of the neighbors: how many images are searched, and how many are shown of a query.
const (
	mostSearched = 2000
	nearShown    = 5
)

// neighbors shows images of the run with those that are nearest.
func (d *drawing) neighbors(ctx context.Context, fresh *layers.Arena) (*viewer.Sheet, error) {
	source, c := augment.Upright(d.r.Images()), d.r.Settings().Config
	m := eval.Images{Source: source, View: eval.EvalView(c.GlobalCropsSize)}
	// the queries come first, evenly spread; what is searched is spread over the rest
	n := min(mostSearched, source.Len())
	queries := min(shownImages, n)
	taken := map[int]bool{}
	for _, count := range []int{queries, n} {
		for k := range count {
			if i := k * source.Len() / count; !taken[i] {
				taken[i] = true
				m.Which = append(m.Which, i)
			}
		}
	}
	if queries < 2 {
		return nil, errors.New("one image has no neighbors")
	}
	if d.over(1) {
		d.left = append(d.left, neighborsFile)
		return nil, nil
	}
	reading := eval.Reading{Enough: func() bool { return d.over(0.9) }}
	g, err := eval.FindOthers(ctx, d.r.Device(), d.r.Target(), dino.BackboneOf(c), m, reading, queries, nearShown, d.r.Teacher(), fresh)
	if err != nil {
		return nil, err
	}
	if len(g.Images) < len(m.Which) && d.over(0.9) {
		d.left = append(d.left, fmt.Sprintf("all but %d of %d images that are searched for %s", len(g.Images), len(m.Which), neighborsFile))
	}
	show := func(i int) (viewer.Neighbor, error) {
		im, err := augment.DecodeUpright(d.r.Images(), i)
		if err != nil {
			return viewer.Neighbor{}, err
		}
		shown := augment.Square(im, max(c.GlobalCropsSize, min(im.W, im.H, 88)))
		return viewer.Neighbor{Image: viewer.ToRGBA(shown), Class: className(source, i)}, nil
	}
	var rows []viewer.NeighborRow
	for q := range g.Near[0] {
		query, err := show(g.Images[q])
		if err != nil {
			return nil, err
		}
		row := viewer.NeighborRow{Query: query.Image, Class: query.Class}
		for _, near := range g.Near {
			var line []viewer.Neighbor
			for _, x := range near[q] {
				n, err := show(g.Images[x.Index])
				if err != nil {
					return nil, err
				}
				line = append(line, n)
			}
			row.Nearest = append(row.Nearest, line)
		}
		rows = append(rows, row)
	}
	return neighborSheet(rows, fmt.Sprintf("Queries are images of the run, and the nearest are among %d others of it, by the cosine of the class token's features after step %d.", len(g.Images)-1, d.r.Step())), nil
}

// neighborSheet is a sheet of neighbors by the trained and the untrained network.
func neighborSheet(rows []viewer.NeighborRow, what string) *viewer.Sheet {
	s := viewer.Neighbors(rows, "trained", "untrained")
	s.Title = "Which images does the network take for alike, trained and untrained?"
	s.Notes = what + " The untrained network has random weights."
	if s.Colored {
		s.Notes += " Green: the same class as the query. Pale: another. No class was told to the network."
	} else {
		s.Notes += " Look whether the trained network's show what the query shows more often than the untrained one's, which goes by little more than color and brightness."
	}
	return s
}
