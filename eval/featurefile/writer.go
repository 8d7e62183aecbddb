package featurefile

import (
	"fmt"
	"os"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// A Writer writes a table's rows. Drop has to be called at its end, after Keep too.
type Writer struct {
	table Table
	paths []string
	files []*disk.Pending
	outs  []output // one a file
	rows  int
}

// An output puts rows into one file.
type output interface {
	add(i int, r Row) error
	finish() error // once, behind the last row
}

// Create begins the files of a table at path, whose ending says the format. A file that is there already is an error, and
// so is a disk that cannot take them.
func Create(path string, t Table) (*Writer, error) {
	if err := t.Check(path); err != nil {
		return nil, err
	}
	if free, known := disk.Free(path); known && free < t.bytes() {
		return nil, fmt.Errorf("%s takes %s or more, and its disk has %s left: free some space, or name a file on another disk", path, disk.Size(t.bytes()), disk.Size(free))
	}
	paths, err := t.Paths(path)
	if err != nil {
		return nil, err
	}
	w := &Writer{table: t, paths: paths}
	for _, p := range paths {
		f, err := disk.NewPending(p)
		if err != nil {
			w.Drop()
			return nil, err
		}
		w.files = append(w.files, f)
	}
	format, _ := Format(path)
	if format == ".csv" {
		w.outs = append(w.outs, newTableCSV(w.files[0], t))
		return w, nil
	}
	w.outs = append(w.outs, newNamesCSV(w.files[0]))
	switch {
	case format == ".safetensors":
		w.outs = append(w.outs, newTensors(w.files[1], t))
	case t.Patches:
		w.outs = append(w.outs, newArray(w.files[1], patchesOf, t.Rows, t.Grid[0], t.Grid[1], t.Dim))
		fallthrough
	default:
		w.outs = append(w.outs, newArray(w.files[len(w.files)-1], featuresOf, t.Rows, t.Dim))
	}
	return w, nil
}

// Add writes the next row.
func (w *Writer) Add(r Row) error {
	if w.rows == w.table.Rows {
		return fmt.Errorf("more than the table's %d rows", w.table.Rows)
	}
	if err := w.table.check(r); err != nil {
		return fmt.Errorf("row %d, %s: %w", w.rows, disk.Quote(r.Name), err)
	}
	for _, o := range w.outs {
		if err := o.add(w.rows, r); err != nil {
			return err
		}
	}
	w.rows++
	return nil
}

// Keep gives the files their names, the one that was asked for last, and returns them. All rows have to be there.
func (w *Writer) Keep() (paths []string, err error) {
	if w.rows != w.table.Rows {
		return nil, fmt.Errorf("%d of the table's %d rows are there", w.rows, w.table.Rows)
	}
	for _, o := range w.outs {
		if err := o.finish(); err != nil {
			return nil, err
		}
	}
	for i, f := range w.files {
		if err := f.Keep(); err != nil {
			for _, before := range w.paths[:i] { // a part alone would look like all
				_ = os.Remove(before)
			}
			return nil, err
		}
	}
	return w.paths, nil
}

// Drop removes what has no name yet.
func (w *Writer) Drop() {
	for _, f := range w.files {
		f.Drop()
	}
}
