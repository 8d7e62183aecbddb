// Package featurefile writes images' features into files that other programs read: .npy (NumPy), .safetensors and .csv.
//
// Rows come one by one, in order, and go to the disk as they come, so that a set of any size fits. A file has its name
// only once it is whole: see [disk.Pending]. Beside .npy and .safetensors lies NAME.names.csv with the images' names.
package featurefile

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// A Table is what files are to hold: a row for each image.
type Table struct {
	Rows int
	Dim  int // values of an image's features, and of each of its patch tokens

	// Patches says that patch tokens are held too: (H, W, Dim) of each image, rows of the grid first. Where images have
	// one grid, Grid is that; 0, 0 says that each has its own.
	Patches bool
	Grid    [2]int

	Notes map[string]string // how the features were made, for formats with a place for that
}

// A Row is one image's.
type Row struct {
	Name     string
	Label    int    // its class's number; -1: none
	Class    string // its class's name; may be empty
	Features []float32
	Patches  []float32 // (Grid[0], Grid[1], Dim), where the table has patches
	Grid     [2]int
	Err      error // why there are no features, which are then NaN
}

// An UnfitError says that a format cannot hold such a table.
type UnfitError struct{ Reason string }

func (e *UnfitError) Error() string { return e.Reason }

// formats are told apart by a file's ending.
var formats = []string{".npy", ".safetensors", ".csv"}

// Format is the format of a path, one of .npy, .safetensors and .csv.
func Format(path string) (string, error) {
	ending := strings.ToLower(filepath.Ext(path))
	if !slices.Contains(formats, ending) || strings.EqualFold(filepath.Base(path), ending) {
		return "", &UnfitError{fmt.Sprintf("%s does not say what to write: a name ends in one of %s", path, strings.Join(formats, ", "))}
	}
	return ending, nil
}

// Paths are the files that a table needs at path, which is the last of them.
func (t Table) Paths(path string) ([]string, error) {
	format, err := Format(path)
	if err != nil {
		return nil, err
	}
	stem := path[:len(path)-len(format)]
	switch {
	case format == ".csv" && t.Patches:
		return nil, &UnfitError{fmt.Sprintf("%s: a .csv file has no place for patch tokens: name a .safetensors or .npy file, or leave them out", path)}
	case format == ".csv":
		return []string{path}, nil
	case format == ".npy" && t.Patches:
		if t.Grid == [2]int{} {
			return nil, &UnfitError{fmt.Sprintf("%s: a .npy file holds one array, and images of several shapes have patch tokens of several: name a .safetensors file, which has a tensor per image", path)}
		}
		return []string{stem + ".names.csv", stem + ".patches.npy", path}, nil
	}
	return []string{stem + ".names.csv", path}, nil
}

// Check finds what is wrong with a table, and a file of it that is there already.
func (t Table) Check(path string) error {
	if t.Rows < 1 || t.Dim < 1 || t.Grid[0] < 0 || t.Grid[1] < 0 {
		return fmt.Errorf("%s: a table of %d rows of %d values and a grid of %v cannot be written", path, t.Rows, t.Dim, t.Grid)
	}
	paths, err := t.Paths(path)
	if err != nil {
		return err
	}
	for _, p := range paths {
		if err := disk.Absent(p); err != nil {
			return fmt.Errorf("%w: name another file, or move that one away", err)
		}
	}
	if format, _ := Format(path); format == ".safetensors" {
		if n := t.headerBytes(); n > mostHeader {
			return &UnfitError{fmt.Sprintf("%s: a tensor for each of %d images does not fit into a .safetensors file, whose list of tensors may have 100 MB: about %d do", path, t.Rows, t.Rows*(mostHeader/1000)/(n/1000))}
		}
	}
	return nil
}

// bytes is the least that the files take.
func (t Table) bytes() uint64 {
	each := 1 // of names
	each += 4 * t.Dim
	if t.Patches {
		each += 4 * t.Dim * t.Grid[0] * t.Grid[1]
	}
	return uint64(t.Rows) * uint64(each)
}

// check holds a row against the table; what it finds is a programmer's mistake.
func (t Table) check(r Row) error {
	if r.Err != nil {
		return nil
	}
	if len(r.Features) != t.Dim {
		return fmt.Errorf("features of %d values go into a table of %d", len(r.Features), t.Dim)
	}
	if !t.Patches {
		return nil
	}
	if t.Grid != [2]int{} && r.Grid != t.Grid {
		return fmt.Errorf("a grid of %v goes into a table of %v", r.Grid, t.Grid)
	}
	if len(r.Patches) == 0 || len(r.Patches) != r.Grid[0]*r.Grid[1]*t.Dim {
		return errors.New("the patch tokens are not as many as the grid says")
	}
	return nil
}
