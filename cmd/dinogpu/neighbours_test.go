package main

import (
	"bytes"
	"context"
	"encoding/json"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// neighboursPlace is embedPlace with a folder of its own for caches.
func neighboursPlace(t *testing.T) (at func(name string) string, w string) {
	t.Helper()
	ownCache(t, t.TempDir())
	dir := embedPlace(t)
	return func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }, goldenWeights(t)
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// found runs neighbours and reads its JSON.
func found(t *testing.T, args ...string) (neighboursReport, outcome) {
	t.Helper()
	o := dinogpu(t, nil, append([]string{"neighbours", "--json"}, args...)...)
	if o.code != exitDone {
		t.Fatalf("%q: exit %d: %s", args, o.code, o.stderr)
	}
	var r neighboursReport
	d := json.NewDecoder(strings.NewReader(o.stdout))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		t.Fatal(err)
	}
	return r, o
}

// featuresOf are features as embed writes them.
func featuresOf(t *testing.T, w string, n int, images ...string) [][]float32 {
	t.Helper()
	out := filepath.Join(t.TempDir(), "f.npy")
	wantExit(t, dinogpu(t, nil, append([]string{"embed", "--weights", w, "--out", out}, images...)...), exitDone)
	return npyOf(t, out, n)
}

func cosineOf(a, b []float32) float64 {
	var dot, aa, bb float64
	for k := range a {
		x, y := float64(a[k]), float64(b[k])
		dot, aa, bb = dot+x*y, aa+x*x, bb+y*y
	}
	return dot / math.Sqrt(aa*bb)
}

// The nearest are those by the cosine of what embed writes; a query that lies in the set is left out of its own list.
func TestNeighbours(t *testing.T) {
	at, w := neighboursPlace(t)
	copyFile(t, at("set/ant/02.png"), at("copy.png"))
	if err := os.Link(at("set/bee/00.png"), at("link.png")); err != nil {
		t.Fatal(err)
	}
	sheet := at("sheets/near.png")
	r, o := found(t, at("copy.png"), at("set/ant/00.png"), at("link.png"), "--data", at("set"), "--weights", w, "--save", sheet)
	f := featuresOf(t, w, 9, at("set"), at("copy.png")) // row 5 is damaged
	names := []string{"ant/00", "ant/01", "ant/02", "ant/03", "bee/00", "bee/01", "bee/02", "bee/03"}
	if r.Images != 7 || r.LeftOut != 1 || r.Known != 0 || len(r.Queries) != 3 || r.Saved != sheet || r.ImageSize != 32 || r.Weights != w {
		t.Errorf("%+v", r)
	}
	for q, row := range []int{8, 0, 4} {
		got := r.Queries[q]
		itself := -1
		if q > 0 {
			itself = row
			if !slices.Equal(got.Itself, []string{at("set/" + names[row] + ".png")}) {
				t.Errorf("query %d is %q itself", q, got.Itself)
			}
		}
		if want := []int{7, 6, 6}[q]; len(got.Neighbors) != want || got.Used != want || got.Top != 10 || (len(got.Itself) > 0) != (q > 0) {
			t.Errorf("query %d: %+v", q, got)
		}
		last := 2.0
		for k, n := range got.Neighbors {
			i := slices.IndexFunc(names, func(name string) bool { return n.Image == at("set/"+name+".png") })
			if i < 0 || i == 5 || i == itself || n.Rank != k+1 || n.Cosine > last || math.Abs(n.Cosine-cosineOf(f[row], f[i])) > 1e-5 || n.Class != names[i][:3] {
				t.Errorf("query %d: %+v", q, n)
			}
			last = n.Cosine
		}
	}
	if n := r.Queries[0].Neighbors[0]; n.Image != at("set/ant/02.png") || n.Cosine < 0.99999 {
		t.Errorf("nearest to a copy is %+v", n)
	}
	if got := []string{r.Queries[0].Class, r.Queries[1].Class, r.Queries[2].Class}; !slices.Equal(got, []string{"", "ant", "bee"}) {
		t.Errorf("classes %q", got)
	}
	for _, say := range []string{"bee/01.png of " + at("set") + " is left out", "1 image left out", "features of 7 made, of 0 known", "images are drawn in " + sheet} {
		if !strings.Contains(o.stderr, filepath.FromSlash(say)) {
			t.Errorf("%q is not said: %s", say, o.stderr)
		}
	}
	file, err := os.Open(sheet)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	im, err := png.Decode(file)
	if err != nil || im.Bounds().Dx() < 8*100 || im.Bounds().Dy() < 3*100 {
		t.Errorf("the sheet is %v: %v", im, err)
	}

	text := dinogpu(t, nil, "neighbors", at("set/ant/00.png"), "--data", at("set"), "--weights", w, "--top", "2")
	lines := strings.Split(text.stdout, "\n")
	if text.code != exitDone || len(lines) != 5 || !strings.Contains(lines[0], "in the set itself") || !strings.HasPrefix(lines[1], "RANK") ||
		!strings.HasPrefix(lines[2], "1 ") || !strings.HasSuffix(lines[2], r.Queries[1].Neighbors[0].Image) {
		t.Errorf("exit %d: %s%s", text.code, text.stdout, text.stderr)
	}
}

// What was embedded once is known, until the file, the weights or the view change; a damaged cache is made anew.
func TestNeighboursCache(t *testing.T) {
	at, w := neighboursPlace(t)
	args := []string{at("photo.png"), "--data", at("set"), "--weights", w}
	first, _ := found(t, args...)
	known := func(want int, more ...string) neighboursReport {
		t.Helper()
		r, o := found(t, append(slices.Clone(args), more...)...)
		if r.Known != want {
			t.Errorf("%q: %d are known, want %d: %s", more, r.Known, want, o.stderr)
		}
		return r
	}
	again := known(7)
	if d := cmp.Diff(first.Queries, again.Queries); d != "" || filepath.Dir(first.Cache) != filepath.Join(os.Getenv("XDG_CACHE_HOME"), "dinogpu", "features") {
		t.Errorf("%s: %s", first.Cache, d)
	}
	copyFile(t, at("photo.png"), at("set/ant/01.png"))
	if r := known(6); r.Queries[0].Neighbors[0].Image != at("set/ant/01.png") || r.Queries[0].Neighbors[0].Cosine < 0.99999 {
		t.Errorf("a changed file has its old features: %+v", r.Queries[0])
	}
	known(0, "--image-size", "40")
	known(0, "--whole")
	known(0, "--blocks", "2")
	known(7)
	copyFile(t, at("photo.png"), at("set/bee/01.png")) // it was damaged
	known(7)
	known(8)
	other := strings.TrimSuffix(w, ".safetensors") + "2.safetensors"
	copyFile(t, w, other)
	known(8, "--weights", other) // the same values
	data, err := os.ReadFile(other)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)-1] ^= 1
	if err := os.WriteFile(other, data, 0o600); err != nil {
		t.Fatal(err)
	}
	known(0, "--weights", other)

	kept, err := os.ReadFile(first.Cache)
	if err != nil {
		t.Fatal(err)
	}
	kept[len(kept)/2] ^= 1
	if err := os.WriteFile(first.Cache, kept, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, o := found(t, args...); !strings.Contains(o.stderr, "made anew: "+first.Cache+" is not used: it is damaged") {
		t.Errorf("damage is not said: %s", o.stderr)
	}
	known(8)

	file := at("photo.png")
	ownCache(t, file)
	if r, o := found(t, args...); !strings.Contains(o.stderr, "features are not kept: ") || r.Known != 0 || r.Cache != "" {
		t.Errorf("no place for a cache: %+v: %s", r, o.stderr)
	}
}

// An idx file's images have neighbors like others, and no place in a cache.
func TestNeighboursIDX(t *testing.T) {
	at, w := neighboursPlace(t)
	r, _ := found(t, at("x-idx4-ubyte"), at("set/ant/00.png"), "--data", at("x-idx4-ubyte"), "--weights", w)
	if r.Images != 2 || r.Cache != "" || len(r.Queries) != 3 || r.Queries[0].Used != 2 || r.Queries[0].Neighbors[0].Cosine < 0.99999 || r.Queries[0].Neighbors[0].Image != "x-idx4-ubyte#0" {
		t.Errorf("%+v", r)
	}
	if entries, err := os.ReadDir(os.Getenv("XDG_CACHE_HOME")); err != nil || len(entries) > 0 {
		t.Errorf("kept: %v, %v", entries, err)
	}
	r, _ = found(t, "--duplicates", "--data", at("x-idx4-ubyte"), "--weights", w)
	if g := r.Duplicates.Groups; len(g) != 1 || g[0].Members[1].SameBytesAs != "x-idx4-ubyte#0" {
		t.Errorf("%+v", r.Duplicates)
	}
}

func TestNeighboursDuplicates(t *testing.T) {
	at, w := neighboursPlace(t)
	copyFile(t, at("set/bee/02.png"), at("set/ant/09.png"))
	copyFile(t, at("photo.png"), at("set/bee/08.png"))
	f := featuresOf(t, w, 10, at("set")) // ant 0 1 2 3 9, bee 0 damaged 2 3 8
	args := []string{"--duplicates", "--data", at("set"), "--weights", w}
	r, _ := found(t, append(args, "--threshold", "0.999999", "--save", at("d.png"))...)
	want := &duplicatesReport{Threshold: 0.999999, Images: 2, Groups: []groupReport{{Size: 2, LeastCosine: 1, Members: []memberReport{
		{Image: at("set/ant/09.png"), Class: "ant"}, {Image: at("set/bee/02.png"), Class: "bee", SameBytesAs: at("set/ant/09.png")},
	}}}}
	if len(r.Duplicates.Groups) == 1 && math.Abs(r.Duplicates.Groups[0].LeastCosine-1) < 1e-6 {
		r.Duplicates.Groups[0].LeastCosine = 1
	}
	if d := cmp.Diff(want, r.Duplicates); d != "" {
		t.Error(d)
	}
	if _, err := os.Stat(at("d.png")); err != nil || r.Saved != at("d.png") {
		t.Error(err)
	}
	// all of one kind: noise around a gray
	r, _ = found(t, append(args, "--threshold", "0.5")...)
	g := r.Duplicates.Groups
	least := 1.0
	for i := range 9 {
		for j := range i {
			if i != 6 && j != 6 {
				least = min(least, cosineOf(f[i], f[j]))
			}
		}
	}
	if len(g) != 1 || g[0].Size != 8 || math.Abs(g[0].LeastCosine-least) > 1e-5 {
		t.Errorf("%+v, the least cosine is %g", g, least)
	}
	args = append([]string{"neighbours"}, args...)
	o := dinogpu(t, nil, append(args, "--threshold", "0.999999")...)
	wantExit(t, o, exitDone)
	if !strings.Contains(o.stdout, "2 images in 1 group ") || !strings.Contains(o.stdout, "bee/02.png   the same bytes as "+at("set/ant/09.png")) {
		t.Errorf("%s", o.stdout)
	}
	if err := os.Remove(at("set/ant/09.png")); err != nil {
		t.Fatal(err)
	}
	o = dinogpu(t, nil, append(args, "--threshold", "0.999999", "--save", at("none.png"))...)
	wantExit(t, o, exitDone, "nothing to draw")
	if !strings.Contains(o.stdout, "no two images") {
		t.Errorf("%s", o.stdout)
	}
}

func TestNeighboursOutliers(t *testing.T) {
	at, w := neighboursPlace(t)
	copyFile(t, at("photo.png"), at("set/bee/01.png"))
	f := featuresOf(t, w, 8, at("set"))
	args := []string{"--outliers", "--data", at("set"), "--weights", w, "--top", "3", "--save", at("o.png")}
	r, _ := found(t, args...)
	o := r.Outliers
	if o.Top != 3 || o.Used != 3 || o.Of != 10 || o.OfUsed != 7 || len(o.Images) != 3 || o.Images[0].Image != at("set/bee/01.png") || r.Saved == "" {
		t.Fatalf("%+v", o)
	}
	mean, nearest := 0.0, -1.0
	for i := range f {
		if i != 5 {
			mean += cosineOf(f[5], f[i]) / 7
			nearest = max(nearest, cosineOf(f[5], f[i]))
		}
	}
	if first := o.Images[0]; math.Abs(first.MeanCosine-mean) > 1e-5 || math.Abs(first.Nearest.Cosine-nearest) > 1e-5 || first.Rank != 1 || first.Class != "bee" {
		t.Errorf("%+v, want %g and %g", first, mean, nearest)
	}
	text := dinogpu(t, nil, "neighbours", "--outliers", "--data", at("set"), "--weights", w, "--top", "20")
	wantExit(t, text, exitDone)
	if !strings.Contains(text.stdout, "their 7 nearest") || !strings.Contains(text.stdout, "(the set has 8 images)") {
		t.Errorf("%s", text.stdout)
	}
}

func TestNeighboursRefuses(t *testing.T) {
	at, w := neighboursPlace(t)
	t.Chdir(at(""))
	before := tree(t)
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"photo.png", exitUsage, "--data with a folder"},
		{"--data set", exitUsage, "name the images"},
		{"photo.png --data set --outliers", exitUsage, "name no others"},
		{"--data set --outliers --duplicates", exitUsage, "give one of them"},
		{"photo.png --data set --top 0", exitUsage, "--top 0"},
		{"--data set --duplicates --threshold 1.5", exitUsage, "--threshold 1.5"},
		{"photo.png --data set --save sheet.jpg", exitUsage, "ends in .png"},
		{"photo.png --data set --save photo.png", exitFailed, "photo.png is not written over"},
		{"photo.png --data set --image-size 7", exitUsage, "one patch of 8"},
		{"photo.png --data none", exitFailed, "none doesn't exist"},
		{"none.png --data set", exitFailed, "there is no image none.png"},
		{"set/bee/01.png --data set", exitFailed, "none of 1 image has features"},
	} {
		o := dinogpu(t, nil, append([]string{"neighbours", "--weights", w}, strings.Fields(c.args)...)...)
		if o.code != c.code || !strings.Contains(o.stderr, c.want) || o.stdout != "" || strings.Contains(o.stderr, "goroutine") {
			t.Errorf("%s: exit %d, want %d and %q: %s%s", c.args, o.code, c.code, c.want, o.stderr, o.stdout)
		}
	}
	if d := cmp.Diff(before, tree(t)); d != "" {
		t.Error(d)
	}
}

// Ctrl-C keeps the features that were made, and the next search goes on from there.
func TestNeighboursInterrupted(t *testing.T) {
	at, w := neighboursPlace(t)
	writeClasses(t, at("set"), 40, 1, "ant")
	if err := os.WriteFile(at("set/ant/30.png"), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	said := &stopWhenSaid{text: "30.png of", stop: stop}
	args := []string{"neighbours", at("photo.png"), "--data", at("set"), "--weights", w}
	code := execute(&app{
		ctx: ctx, stdout: &bytes.Buffer{}, now: time.Now, env: func(string) (string, bool) { return "", false },
		console: &console{w: said, width: func() int { return 80 }, now: time.Now},
	}, args)
	if code != exitStopped || !strings.Contains(said.String(), "stopped: the features of ") || !strings.Contains(said.String(), " of 44 are kept in ") {
		t.Fatalf("exit %d: %s", code, said)
	}
	if r, o := found(t, args[1:]...); r.Known < 30 || r.Known >= 42 || r.Images != 42 {
		t.Errorf("%d of %d are known: %s", r.Known, r.Images, o.stderr)
	}
}
