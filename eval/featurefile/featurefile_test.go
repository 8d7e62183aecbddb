package featurefile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// rows are four of a table, the second without features, with names that a format could stumble over.
func rows(dim int, grids ...[2]int) []Row {
	all := []Row{
		{Name: "a.png", Label: 2, Class: "cat"},
		{Name: "b,\"c\"\n.png", Label: -1, Err: errors.New("image b: damaged PNG, \"x\"\nreplace it")},
		{Name: "\xffö.png", Label: 7},
		{Name: "d.png", Label: 0, Class: "dog\x1b"},
	}
	value := float32(-1.5)
	many := func(n int) []float32 {
		v := make([]float32, n)
		for i := range v {
			value = value*1.7 + 1e-7
			if value > 1e30 {
				value = -3e-9
			}
			v[i] = value
		}
		return v
	}
	for i := range all {
		if all[i].Err != nil {
			continue
		}
		all[i].Features = many(dim)
		if len(grids) > 0 {
			all[i].Grid = grids[i%len(grids)]
			all[i].Patches = many(all[i].Grid[0] * all[i].Grid[1] * dim)
		}
	}
	return all
}

// write makes the files of a table and gives their names.
func write(t *testing.T, path string, table Table, rows []Row) []string {
	t.Helper()
	w, err := Create(path, table)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Drop()
	for _, r := range rows {
		if err := w.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range there(t, filepath.Dir(path)) {
		if !strings.Contains(name, ".tmp-") {
			t.Errorf("%s has its name before it is whole", name)
		}
	}
	paths, err := w.Keep()
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// there are the names in a folder.
func there(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// wantNames holds a NAME.names.csv beside the four rows.
func wantNames(t *testing.T, path string) {
	t.Helper()
	want := [][]string{
		{"row", "name", "class", "error"},
		{"0", "a.png", "cat", ""},
		{"1", "b,\"c\"\n.png", "", "image b: damaged PNG, \"x\"\nreplace it"},
		{"2", `\xffö.png`, "7", ""},
		{"3", "d.png", "dog\x1b", ""},
	}
	if d := cmp.Diff(want, readCSV(t, path)); d != "" {
		t.Error(d)
	}
}

// wantValues holds values of all rows beside those that were written, NaN where there are none.
func wantValues(t *testing.T, what string, got []float32, rows []Row, each int, of func(Row) []float32) {
	t.Helper()
	if len(got) != len(rows)*each {
		t.Fatalf("%s: %d values", what, len(got))
	}
	for i, r := range rows {
		v := got[i*each:][:each]
		if r.Err == nil && !slices.Equal(v, of(r)) {
			t.Errorf("%s, row %d: %v, want %v", what, i, v, of(r))
		}
		if r.Err != nil && slices.ContainsFunc(v, func(f float32) bool { return !math.IsNaN(float64(f)) }) {
			t.Errorf("%s, row %d: %v, want NaN", what, i, v)
		}
	}
}

func TestNPY(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f.x.NPY")
	stem := strings.TrimSuffix(path, ".NPY")
	all := rows(5, [2]int{2, 3})
	paths := write(t, path, Table{Rows: 4, Dim: 5, Patches: true, Grid: [2]int{2, 3}}, all)
	if want := []string{stem + ".names.csv", stem + ".patches.npy", path}; !slices.Equal(paths, want) {
		t.Errorf("%q, want %q", paths, want)
	}
	shape, values := readNPY(t, readFile(t, path))
	if !slices.Equal(shape, []int{4, 5}) {
		t.Errorf("features of shape %v", shape)
	}
	wantValues(t, "features", values, all, 5, featuresOf)
	shape, values = readNPY(t, readFile(t, stem+".patches.npy"))
	if !slices.Equal(shape, []int{4, 2, 3, 5}) {
		t.Errorf("patches of shape %v", shape)
	}
	wantValues(t, "patches", values, all, 30, patchesOf)
	wantNames(t, stem+".names.csv")
}

// The header has one line break, at its end, and the values begin at a multiple of 64 bytes.
func TestNPYHeader(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		want := rapid.SliceOfN(rapid.IntRange(0, 1<<40), 1, 5).Draw(r, "shape")
		want[0] = 0 // no values
		if shape, _ := readNPY(t, npyHeader(want...)); !slices.Equal(shape, want) {
			r.Errorf("%v is read as %v", want, shape)
		}
	})
}

func TestSafetensors(t *testing.T) {
	for name, grids := range map[string][][2]int{"none": nil, "one": {{2, 3}}, "own": {{2, 3}, {1, 1}, {4, 1}}} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "f.safetensors")
			all := rows(5, grids...)
			table := Table{Rows: 4, Dim: 5, Patches: grids != nil, Notes: map[string]string{"weights": "a\"b\xff", "image_size": "32"}}
			if name == "one" {
				table.Grid = grids[0]
			}
			write(t, path, table, all)
			tensors, notes := readSafetensors(t, readFile(t, path))
			if d := cmp.Diff(map[string]string{"weights": `a"b\xff`, "image_size": "32"}, notes); d != "" {
				t.Error(d)
			}
			labels := tensors["labels"]
			var got []int64
			for at := 0; at < len(labels.data); at += 8 {
				got = append(got, int64(binary.LittleEndian.Uint64(labels.data[at:])))
			}
			if labels.DType != "I64" || !slices.Equal(labels.Shape, []int{4}) || !slices.Equal(got, []int64{2, -1, 7, 0}) {
				t.Errorf("labels %+v", labels)
			}
			f := tensors["features"]
			if f.DType != "F32" || !slices.Equal(f.Shape, []int{4, 5}) {
				t.Errorf("features %v", f.Shape)
			}
			wantValues(t, "features", float32s(f.data), all, 5, featuresOf)
			switch name {
			case "none":
				if len(tensors) != 2 {
					t.Errorf("%d tensors", len(tensors))
				}
			case "one":
				if p := tensors["patches"]; len(tensors) != 3 || !slices.Equal(p.Shape, []int{4, 2, 3, 5}) {
					t.Errorf("%d tensors, patches %v", len(tensors), p.Shape)
				} else {
					wantValues(t, "patches", float32s(p.data), all, 30, patchesOf)
				}
			case "own":
				for i, r := range all {
					p, ok := tensors[fmt.Sprint("patches.", i)]
					if ok != (r.Err == nil) || ok && (!slices.Equal(p.Shape, []int{r.Grid[0], r.Grid[1], 5}) || !slices.Equal(float32s(p.data), r.Patches)) {
						t.Errorf("patches of row %d: %v of shape %v", i, ok, p.Shape)
					}
				}
				if len(tensors) != 5 {
					t.Errorf("%d tensors", len(tensors))
				}
			}
			wantNames(t, strings.TrimSuffix(path, "safetensors")+"names.csv")
		})
	}
}

func TestCSV(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f.csv")
	all := rows(3)
	if paths := write(t, path, Table{Rows: 4, Dim: 3}, all); !slices.Equal(paths, []string{path}) || len(there(t, filepath.Dir(path))) != 1 {
		t.Errorf("%q", paths)
	}
	got := readCSV(t, path)
	if len(got) != 5 || !slices.Equal(got[0], []string{"name", "class", "error", "f0", "f1", "f2"}) {
		t.Fatalf("%q", got)
	}
	for i, r := range all {
		line := got[i+1]
		if line[0] != text(r.Name) || r.Err != nil && line[2] != r.Err.Error() || r.Err == nil && line[2] != "" {
			t.Errorf("row %d: %q", i, line)
		}
		for k, field := range line[3:] {
			var v float32
			if r.Err != nil {
				if field != "" {
					t.Errorf("row %d has the value %q", i, field)
				}
			} else if _, err := fmt.Sscan(field, &v); err != nil || v != r.Features[k] {
				t.Errorf("row %d: %q is not %g, %v", i, field, r.Features[k], err)
			}
		}
	}
}

// What a format cannot hold, and what is there already, is told before anything is written.
func TestRefuses(t *testing.T) {
	one := Table{Rows: 2, Dim: 2}
	patches, own := one, one
	patches.Patches, patches.Grid = true, [2]int{1, 1}
	own.Patches = true
	many := own
	many.Rows = 2_000_000
	for _, c := range []struct {
		name  string
		table Table
		unfit bool
		want  string
	}{
		{"f.txt", one, true, "ends in one of .npy, .safetensors, .csv"},
		{"f", one, true, "ends in one of"},
		{".npy", one, true, "ends in one of"},
		{"f.csv", patches, true, "no place for patch tokens"},
		{"f.npy", own, true, "a tensor per image"},
		{"f.safetensors", many, true, "100 MB"},
		{"f.npy", Table{Rows: 0, Dim: 2}, false, "0 rows"},
		{"taken.npy", one, false, "taken.npy is not written over (file already exists): name another file"},
		{"half.npy", one, false, "half.names.csv is not written over (file already exists): name another file"},
		{"third.npy", patches, false, "third.patches.npy is not written over (file already exists): name another file"},
		{"none/f.npy", one, false, "see that its folder is there"},
		{"f.npy", Table{Rows: 1 << 40, Dim: 1 << 20}, false, "free some space"},
	} {
		folder := t.TempDir()
		for _, name := range []string{"taken.npy", "half.names.csv", "third.patches.npy"} {
			if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		_, err := Create(filepath.Join(folder, c.name), c.table)
		if err == nil || !strings.Contains(err.Error(), c.want) || errors.As(err, new(*UnfitError)) != c.unfit {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if got := there(t, folder); len(got) != 3 {
			t.Errorf("%s: the folder holds %q", c.name, got)
		}
	}
}

// Rows that do not fit and files that are not whole are errors, and leave nothing.
func TestHalfTablesLeaveNothing(t *testing.T) {
	good := rows(2, [2]int{1, 2})
	for _, name := range []string{"f.npy", "f.safetensors"} {
		folder := t.TempDir()
		w, err := Create(filepath.Join(folder, name), Table{Rows: 2, Dim: 2, Patches: true, Grid: [2]int{1, 2}})
		if err != nil {
			t.Fatal(err)
		}
		for what, spoil := range map[string]func(*Row){
			"features": func(r *Row) { r.Features = r.Features[:1] },
			"patches":  func(r *Row) { r.Patches = r.Patches[:1] },
			"none":     func(r *Row) { r.Patches = nil },
			"grid":     func(r *Row) { r.Grid = [2]int{2, 1} },
		} {
			bad := good[0]
			spoil(&bad)
			if err := w.Add(bad); err == nil {
				t.Errorf("%s: a row with other %s was taken", name, what)
			}
		}
		if err := w.Add(good[0]); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Keep(); err == nil {
			t.Errorf("%s: one of two rows is enough", name)
		}
		if err := w.Add(good[1]); err != nil {
			t.Fatal(err)
		}
		if err := w.Add(good[2]); err == nil {
			t.Errorf("%s: a third of two rows was taken", name)
		}
		// Another puts a file there meanwhile: it stays, and no part of ours does.
		if err := os.WriteFile(filepath.Join(folder, name), []byte("another's"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Keep(); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: %v", name, err)
		}
		w.Drop()
		if got := there(t, folder); !slices.Equal(got, []string{name}) || string(readFile(t, filepath.Join(folder, name))) != "another's" {
			t.Errorf("%s: the folder holds %q", name, got)
		}
	}
}
