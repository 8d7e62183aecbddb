package main

import (
	"fmt"
	"path/filepath"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/eval"
	"github.com/dinogpu/dinogpu/viewer"
)

// What a sheet has room for.
const (
	sheetRows   = 20
	sheetAcross = 30 // beside the first
)

// A sheet is what --save draws: which images, with their captions. They are decoded only then.
type sheet struct {
	title string
	rows  [][]drawn
	left  int // rows and images of rows for which there is no room
}

// A drawn image is one of a source.
type drawn struct {
	source         augment.Source
	i              int
	class, caption string
}

// add adds a row of an image and its neighbors.
func (s *sheet) add(source augment.Source, i int, class, caption string, set *featureSet, near []eval.Neighbor) {
	row := []drawn{{source, i, class, caption}}
	for _, n := range near {
		at := set.rows[n.Index]
		row = append(row, drawn{set.source, at, className(set.source, at), fmt.Sprintf("%.3f %s", n.Similarity, shortName(imageName(set.source, at)))})
	}
	s.addRow(row)
}

// addGroup adds a row of images that are alike.
func (s *sheet) addGroup(set *featureSet, images, same []int) {
	var row []drawn
	for n, i := range images {
		caption := shortName(imageName(set.source, i))
		if same[n] != n {
			caption = "same bytes " + caption
		}
		row = append(row, drawn{set.source, i, className(set.source, i), caption})
	}
	s.addRow(row)
}

func (s *sheet) addRow(row []drawn) {
	if len(s.rows) == sheetRows {
		s.left++
		return
	}
	if over := len(row) - 1 - sheetAcross; over > 0 {
		s.left += over
		row = row[:1+sheetAcross]
	}
	s.rows = append(s.rows, row)
}

// sheetSide is the side of each image, which has room for a caption.
const sheetSide = 112

// lay lays the images out.
func (s *sheet) lay(rows []viewer.NeighborRow) *viewer.Sheet {
	out := viewer.Neighbors(rows, "")
	out.Title, out.Side = s.title, sheetSide
	for g := range out.Groups {
		out.Groups[g].Title = "" // the title has told
	}
	if out.Colored {
		out.Notes = "Green: the same class as the first of the row. Pale: another."
	}
	return out
}

// shortName is what a caption has room for.
func shortName(name string) string { return filepath.Base(name) }

// save draws the sheet, if there is a file for it and anything to draw.
func (s *search) save(path string) error {
	if path == "" {
		return nil
	}
	if len(s.sheet.rows) == 0 {
		s.report.note(s.console, "%s is not written: there is nothing to draw", path)
		return nil
	}
	var rows []viewer.NeighborRow
	for _, of := range s.sheet.rows {
		row := viewer.NeighborRow{Nearest: make([][]viewer.Neighbor, 1)}
		for k, d := range of {
			if s.ctx.Err() != nil {
				return fmt.Errorf("%w: %s was not written", errInterrupted, path)
			}
			im, err := d.source.Decode(d.i)
			if err != nil { // it had features a moment ago
				s.report.note(s.console, "%s is not drawn: %v", disk.Quote(d.caption), err)
				im = augment.NewImage(1, 1)
			}
			im = viewer.Small(im)
			if k == 0 {
				row.Query, row.Class, row.Caption = viewer.ToRGBA(im), d.class, d.caption
			} else {
				row.Nearest[0] = append(row.Nearest[0], viewer.Neighbor{Image: viewer.ToRGBA(im), Class: d.class, Caption: d.caption})
			}
		}
		rows = append(rows, row)
	}
	if s.sheet.left > 0 {
		s.report.note(s.console, "%s has no room for all: it shows the first %s, and %d images beside the first of each", path, settings.Count(len(rows), "row"), sheetAcross)
	}
	if err := disk.Absent(path); err != nil { // what came there meanwhile
		return err
	}
	if err := viewer.WritePNG(path, s.sheet.lay(rows).Draw()); err != nil {
		return err
	}
	s.report.Saved = path
	return nil
}
