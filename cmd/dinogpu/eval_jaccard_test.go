package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/eval/results"
)

// writeObjects makes a folder of images with masks: two bright squares on a dark ground each, the second with void around it.
func writeObjects(t *testing.T, dir string, n int) string {
	t.Helper()
	for _, folder := range []string{"images", "masks"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for i := range n {
		im := image.NewNRGBA(image.Rect(0, 0, 50, 40))
		mask := image.NewGray(im.Rect)
		for y := range 40 {
			for x := range 50 {
				c := color.NRGBA{uint8(40 + x%5), 60, uint8(50 + y%3), 255}
				inside := func(left, top, side int) bool { return x >= left && y >= top && x < left+side && y < top+side }
				switch {
				case inside(4+i, 5, 16):
					mask.Pix[y*50+x], c = 1, color.NRGBA{250, 220, uint8(10 * y), 255}
				case inside(30, 20-i, 14):
					mask.Pix[y*50+x], c = 2, color.NRGBA{uint8(9 * x), 240, 40, 255}
				case inside(28, 18-i, 18):
					mask.Pix[y*50+x] = 255
				}
				im.SetNRGBA(x, y, c)
			}
		}
		name := fmt.Sprintf("%02d.png", i)
		writePNG(t, filepath.Join(dir, "images", name), im)
		writePNG(t, filepath.Join(dir, "masks", name), mask)
	}
	return dir
}

// What is printed, written for each object and kept in the run's folder is the same, for three networks.
func TestEvalJaccard(t *testing.T) {
	run, table := begunRun(t, filepath.Join(t.TempDir(), "run")), filepath.Join(t.TempDir(), "objects.csv")
	data := writeObjects(t, t.TempDir(), 3)
	if err := os.WriteFile(filepath.Join(data, "images", "02.png"), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"eval", "jaccard", "--weights", run, "--data", data}
	o := dinogpu(t, nil, append(args, "--student", "--untrained", "--seed", "7", "--csv", table, "--json")...)
	if o.code != exitDone {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	var r jaccardReport
	d := json.NewDecoder(strings.NewReader(o.stdout))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		t.Fatalf("%v: %s", err, o.stdout)
	}
	if r.Images != 2 || r.LeftOut != 1 || r.Objects != 4 || r.Threshold != 0.6 || r.Void != "background" || r.ImageSize != 60 || len(r.Results) != 3 {
		t.Errorf("report %+v", r)
	}
	if n := strings.Count(o.stderr, "02.png of "); n != 1 {
		t.Errorf("the damaged image is named %d times:\n%s", n, o.stderr)
	}
	checkJaccardRows(t, table, r)
	records, _, err := results.Read(run)
	if err != nil || len(records) != 3 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	for i, record := range records {
		row := r.Results[i]
		if record.Evaluation != results.Jaccard || record.Network != row.Network || record.Values["jaccard"] != row.Jaccard || record.Counts["objects"] != 4 || record.Counts["left_out"] != 1 {
			t.Errorf("record %+v of %+v", record, row)
		}
		for h, v := range row.Heads {
			if record.Values[fmt.Sprintf("jaccard_head_%d", h)] != v || v > row.Jaccard {
				t.Errorf("%s: head %d has %g and %v", row.Network, h, v, record.Values)
			}
		}
	}
	if r.Results[0].Network != "teacher" || r.Results[1].Network != "student" || r.Results[2].Network != "untrained" || r.Results[0].Jaccard == r.Results[2].Jaccard {
		t.Errorf("results %+v", r.Results)
	}
	ignored := dinogpu(t, nil, append(args, "--void", "ignored", "--threshold", "0.8", "--results", t.TempDir())...)
	if ignored.code != exitDone || !strings.HasPrefix(ignored.stdout, "4 objects in 2 images; void is ignored.\n") || strings.Count(ignored.stdout, "\n") != 3 {
		t.Errorf("exit %d: %s%s", ignored.code, ignored.stdout, ignored.stderr)
	}
}

// checkJaccardRows finds a network's number again from its objects.
func checkJaccardRows(t *testing.T, table string, r jaccardReport) {
	t.Helper()
	f, err := os.Open(table)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 13 || strings.Join(rows[0], ",") != "network,image,object,area_pixels,best_head,iou_percent" {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	sums := map[string]float64{}
	for _, row := range rows[1:] {
		v, err := strconv.ParseFloat(row[5], 64)
		if err != nil {
			t.Fatal(err)
		}
		sums[row[0]] += v / 4 // two objects in each image
	}
	for _, row := range r.Results {
		if math.Abs(sums[row.Network]-row.Jaccard) > 1e-9 || row.Jaccard <= 0 || row.Jaccard >= 100 {
			t.Errorf("%s: %g of the objects, %g", row.Network, sums[row.Network], row.Jaccard)
		}
	}
}

// What cannot be measured ends with one sentence, and leaves no record.
func TestEvalJaccardRefuses(t *testing.T) {
	run, data := begunRun(t, filepath.Join(t.TempDir(), "run")), writeObjects(t, t.TempDir(), 2)
	other, missing := writeObjects(t, t.TempDir(), 2), writeObjects(t, t.TempDir(), 2)
	writePNG(t, filepath.Join(other, "masks", "01.png"), image.NewGray(image.Rect(0, 0, 40, 50)))
	if err := os.Remove(filepath.Join(missing, "masks", "00.png")); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args string
		code int
		want string
	}{
		"no data":     {"", exitUsage, "--data"},
		"threshold":   {"--data " + data + " --threshold 1.5", exitUsage, "--threshold 1.5"},
		"zero":        {"--data " + data + " --threshold 0", exitUsage, "--threshold 0"},
		"size":        {"--data " + data + " --image-size -3", exitUsage, "--image-size -3"},
		"small":       {"--data " + data + " --image-size 1", exitUsage, "smaller than one patch"},
		"void":        {"--data " + data + " --void maybe", exitUsage, "--void"},
		"layout":      {"--data " + filepath.Join(data, "images"), exitFailed, "neither JPEGImages with SegmentationObject"},
		"by class":    {"--data " + data + " --by-class", exitFailed, "only VOC's folders"},
		"other size":  {"--data " + other, exitFailed, "a mask has to be of its image's size"},
		"missing":     {"--data " + missing, exitFailed, `the mask of "00.png" is missing`},
		"not there":   {"--data " + data + "/none", exitFailed, "none"},
		"no networks": {"--data " + data + " --weights " + data, exitFailed, data},
	} {
		args := []string{"eval", "jaccard"}
		if !strings.Contains(c.args, "--weights") {
			args = append(args, "--weights", run)
		}
		o := dinogpu(t, nil, append(args, strings.Fields(c.args)...)...)
		if o.code != c.code || !strings.Contains(o.stderr, c.want) || strings.Contains(o.stderr, "goroutine") || o.stdout != "" {
			t.Errorf("%s: exit %d, want %d and %q: %s%s", name, o.code, c.code, c.want, o.stderr, o.stdout)
		}
	}
	if records, _, err := results.Read(run); len(records) != 0 || err != nil {
		t.Errorf("%d records, %v", len(records), err)
	}
}
