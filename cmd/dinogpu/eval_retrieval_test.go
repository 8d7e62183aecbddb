package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"image"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/eval/results"
)

// scene is a noise of large squares that follows from a seed, seen with a shift and a little noise of its own.
func scene(seed uint64, shift int, w, h int) image.Image {
	r := rand.New(rand.NewPCG(seed, 5))
	var colors [16][16][3]int
	for y := range colors {
		for x := range colors[y] {
			colors[y][x] = [3]int{r.IntN(200), r.IntN(200), r.IntN(200)}
		}
	}
	own := rand.New(rand.NewPCG(seed, uint64(100+shift)))
	im := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := colors[(y/12)%16][((x+shift)/12)%16]
			for k, v := range c {
				im.Pix[y*im.Stride+4*x+k] = uint8(v + own.IntN(30))
			}
			im.Pix[y*im.Stride+4*x+3] = 255
		}
	}
	return im
}

// retrievalSet writes views of four scenes, of several shapes: each scene has three in the database, and a query.
func retrievalSet(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	images := filepath.Join(dir, "images")
	if err := os.MkdirAll(images, 0o755); err != nil {
		t.Fatal(err)
	}
	var truth struct {
		Database []string           `json:"imlist"`
		Queries  []string           `json:"qimlist"`
		Gnd      []map[string][]int `json:"gnd"`
	}
	shapes := [][2]int{{90, 70}, {70, 90}}
	for s := range 4 {
		gnd := map[string][]int{"easy": {3 * s}, "hard": {3*s + 1}, "junk": {3*s + 2}}
		for v := range 3 {
			name := fmt.Sprintf("s%d_%d", s, v)
			shape := shapes[(s+v)%2]
			writePNG(t, filepath.Join(images, name+".png"), scene(uint64(s), 3*v+1, shape[0], shape[1]))
			truth.Database = append(truth.Database, name)
		}
		name := fmt.Sprintf("q%d", s)
		writePNG(t, filepath.Join(images, name+".png"), scene(uint64(s), 0, shapes[s%2][0], shapes[s%2][1]))
		truth.Queries, truth.Gnd = append(truth.Queries, name), append(truth.Gnd, gnd)
	}
	raw, err := json.Marshal(truth)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "gnd.json"), raw, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestEvalRetrieval(t *testing.T) {
	dir, net := retrievalSet(t), goldenWeights(t)
	broken := filepath.Join(dir, "images", "s3_0.png")
	if err := os.WriteFile(broken, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	kept, table := filepath.Join(t.TempDir(), "kept"), filepath.Join(t.TempDir(), "ap.csv")
	if err := os.Mkdir(kept, 0o755); err != nil {
		t.Fatal(err)
	}
	o := dinogpu(t, nil, "eval", "retrieval", "--weights", net, "--data", dir, "--untrained", "--imsize", "40", "--multiscale", "--json", "--csv", table, "--results", kept)
	if o.code != exitDone {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	var r retrievalReport
	if err := json.Unmarshal([]byte(o.stdout), &r); err != nil {
		t.Fatal(err)
	}
	if r.Database != 11 || r.Queries != 4 || r.LeftOut != 1 || r.ImageSize != 40 || !r.Multiscale || len(r.Results) != 2 {
		t.Errorf("report %+v", r)
	}
	if n := strings.Count(o.stderr, "is left out"); n != 1 || !strings.Contains(o.stderr, "s3_0.png") {
		t.Errorf("the broken image is named %d times: %s", n, o.stderr)
	}
	records, _, err := results.Read(kept)
	if err != nil || len(records) != 2 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	for i, x := range r.Results {
		rec := records[i]
		if rec.Network != x.Network || rec.Evaluation != results.Retrieval || len(rec.Values) != 12 || rec.Values["hard_mp10"] != x.Values["hard_mp10"] ||
			rec.Counts["left_out"] != 1 || rec.Counts["images"] != 11 || rec.Counts["queries"] != 4 || rec.Counts["easy_queries"] != 3 {
			t.Errorf("record %+v beside %+v", rec, x)
		}
		if v := x.Values["medium_map"]; v < 20 || v > 100 {
			t.Errorf("%s finds %g %% of squares that only move", x.Network, v)
		}
	}
	f, err := os.Open(table)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 9 || !slices.Equal(rows[4][:3], []string{"teacher", "q3", ""}) || rows[4][3] == "" {
		t.Errorf("CSV %v, %v", rows, err)
	}
	text := dinogpu(t, nil, "eval", "retrieval", "--weights", net, "--data", dir)
	if text.code != exitDone || !strings.Contains(text.stdout, "medium") || !strings.Contains(text.stdout, "mP@10") {
		t.Errorf("exit %d: %s%s", text.code, text.stdout, text.stderr)
	}
}

func TestEvalRetrievalBadInput(t *testing.T) {
	dir, net := retrievalSet(t), goldenWeights(t)
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--weights", net}, exitUsage, "--data"},
		{[]string{"--data", dir}, exitUsage, "--weights"},
		{[]string{"--weights", net, "--data", dir, "--imsize", "-3"}, exitUsage, "--imsize -3"},
		{[]string{"--weights", net, "--data", dir, "--imsize", "7"}, exitUsage, "--imsize 7 is smaller than one patch"},
		{[]string{"--weights", net, "--data", dir, "--gnd", filepath.Join(dir, "none.pkl")}, exitFailed, "none.pkl"},
		{[]string{"--weights", net, "--data", filepath.Join(dir, "images")}, exitFailed, "--gnd"},
	} {
		o := dinogpu(t, nil, append([]string{"eval", "retrieval"}, c.args...)...)
		if o.code != c.code || !strings.Contains(o.stderr, c.want) || strings.Count(strings.TrimSpace(o.stderr), "\n") > 1 {
			t.Errorf("%v: exit %d: %s, want %d and %q", c.args, o.code, o.stderr, c.code, c.want)
		}
	}
}
