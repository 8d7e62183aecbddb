package main

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/eval/results"
)

// The classes' accuracies make the whole, and so do the rows of --csv.
func checkPerClass(t *testing.T, run, images string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "answers.csv")
	r, _ := knnJSON(t, "--weights", run, "--data", images, "--nb-knn", "5,1,20", "--student", "--csv", file)
	best := map[string]knnRow{}
	for _, row := range r.Results {
		if row.Top1 > best[row.Network].Top1 {
			best[row.Network] = row
		}
	}
	right, asked := map[string]float64{}, map[string]int{}
	for _, c := range r.PerClass {
		if c.K != best[c.Network].K {
			t.Errorf("%+v is not of the best k, %+v", c, best[c.Network])
		}
		right[c.Network] += c.Top1 * float64(c.Images)
		asked[c.Network] += c.Images
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 1+2*26 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	counted := map[string]float64{}
	for _, row := range rows[1:] {
		if (row[3] == row[4]) != (row[5] == "1") || !strings.HasPrefix(row[2], row[3]+string(filepath.Separator)) || !strings.HasPrefix(row[6], row[7]+string(filepath.Separator)) {
			t.Errorf("row %q", row)
		}
		if row[5] == "1" {
			counted[row[0]]++
		}
	}
	for network, b := range best {
		if asked[network] != 26 || math.Abs(right[network]/26-b.Top1) > 1e-9 || math.Abs(100*counted[network]/26-b.Top1) > 1e-9 {
			t.Errorf("%s: by class %g of %d, by row %g, in all %+v", network, right[network], asked[network], counted[network], b)
		}
	}
}

func checkLowShot(t *testing.T, run, images string) {
	t.Helper()
	r, o := knnJSON(t, "--weights", run, "--data", images, "--nb-knn", "1,3", "--shots", "2", "--repeats", "3", "--seed", "4")
	if r.LowShot == nil || *r.LowShot != (knnLowShot{Shots: 2, Repeats: 3, Voters: 6, Queries: 26}) || len(r.Results) != 2 || r.Results[0].Top1Dev == nil || len(r.PerClass) != 0 {
		t.Errorf("report %+v", r)
	}
	if !strings.Contains(o.stderr, "2 images of each class of 24 images of 3 classes") {
		t.Errorf("what votes is not said:\n%s", o.stderr)
	}
	again, _ := knnJSON(t, "--weights", run, "--data", images, "--nb-knn", "1,3", "--shots", "2", "--repeats", "3", "--seed", "4")
	if diff := cmp.Diff(r.Results, again.Results); diff != "" {
		t.Errorf("the same seed: %s", diff)
	}
	recorded, _, err := results.Read(run)
	if err != nil || len(recorded) == 0 {
		t.Fatalf("%d records, %v", len(recorded), err)
	}
	last := recorded[len(recorded)-1]
	if last.Evaluation != results.KNNLowShot || last.Settings["shots"] != 2.0 || last.Settings["repeats"] != 3.0 || last.Seed != 4 ||
		last.Values["top1_1nn"] != r.Results[0].Top1 || last.Values["top1_1nn_sd"] != *r.Results[0].Top1Dev || last.Counts["train_images"] != 6 {
		t.Errorf("record %+v", last)
	}
	val := filepath.Join(images, "val") // 26 images that can be read
	table := dinogpu(t, nil, "eval", "knn", "--weights", run, "--data", val, "--nb-knn", "1", "--fraction", "0.01")
	if table.code != exitDone || !strings.HasPrefix(table.stdout, "Low-shot: 3 images vote on 23; mean and standard deviation of 5 draws.\n") || !strings.Contains(table.stdout, " ± ") {
		t.Errorf("exit %d: %s%s", table.code, table.stdout, table.stderr)
	}
	for want, args := range map[string]string{
		"give one of them":       "--shots 1 --fraction 0.1",
		"--shots -1":             "--shots -1",
		"--fraction 2 is":        "--fraction 2",
		"--repeats 0":            "--shots 1 --repeats 0",
		"leave --csv out":        "--shots 1 --csv x.csv",
		"images to classify":     "--val-fraction 0.5",
		"--val-fraction 1 is no": "--val-fraction 1",
	} {
		o := dinogpu(t, nil, append([]string{"eval", "knn", "--weights", run, "--data", images}, strings.Fields(args)...)...)
		if o.code != exitUsage || !strings.Contains(o.stderr, want) {
			t.Errorf("%s: exit %d: %s", args, o.code, o.stderr)
		}
	}
	all := dinogpu(t, nil, "eval", "knn", "--weights", run, "--data", val, "--shots", "100")
	if all.code != exitFailed || !strings.Contains(all.stderr, "all 26 images vote") {
		t.Errorf("exit %d: %s", all.code, all.stderr)
	}
}

// One folder of classes is split instead of left one out.
func checkValFraction(t *testing.T, run, images string) {
	t.Helper()
	alone := writeClasses(t, t.TempDir(), 8, 2, "ant", "bee")
	writeClasses(t, alone, 1, 2, "cow")
	r, o := knnJSON(t, "--weights", run, "--data", alone, "--nb-knn", "3", "--val-fraction", "0.25")
	if r.LeaveOneOut || r.Train != (knnSide{alone, 13, 0}) || r.Test != (knnSide{alone, 4, 0}) || r.ValFraction != 0.25 || strings.Contains(o.stderr, "counted as wrong") {
		t.Errorf("report %+v: %s", r, o.stderr)
	}
	single := writeClasses(t, t.TempDir(), 1, 2, "ant", "bee")
	if o := dinogpu(t, nil, "eval", "knn", "--weights", run, "--data", single, "--val-fraction", "0.25"); o.code != exitFailed || !strings.Contains(o.stderr, single+": no class has two images") {
		t.Errorf("exit %d: %s", o.code, o.stderr)
	}
}

// Weights of a run have their results in its folder, a file alone has none unless a folder is named; each network has a line.
func checkRecords(t *testing.T, run, images string) {
	t.Helper()
	count := func(folder string) int {
		t.Helper()
		all, passed, err := results.Read(folder)
		if err != nil || passed != 0 {
			t.Fatalf("%d lines are no records, %v", passed, err)
		}
		return len(all)
	}
	before := count(run)
	r, _ := knnJSON(t, "--weights", run, "--data", images, "--nb-knn", "5", "--untrained", "--seed", "3")
	all, _, err := results.Read(run)
	if err != nil || len(all) != before+2 {
		t.Fatalf("%d lines were added, want 2; %v", len(all)-before, err)
	}
	teacher, untrained := all[before], all[before+1]
	if teacher.Network != weights.RoleTeacher || untrained.Network != weights.RoleUntrained || teacher.Checksum == untrained.Checksum ||
		teacher.Values["top1_5nn"] != r.Results[0].Top1 || untrained.Values["top1_5nn"] != r.Results[1].Top1 || teacher.Seed != 3 ||
		teacher.Evaluation != results.KNN || teacher.Data != filepath.Join(images, "val") || teacher.Settings["image_size"] != 15.0 || teacher.Counts["left_out"] != 1 {
		t.Errorf("records %+v and %+v", teacher, untrained)
	}
	folder := t.TempDir()
	file := filepath.Join(folder, "alone.safetensors")
	data, err := os.ReadFile(filepath.Join(run, "teacher.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	knnJSON(t, "--weights", file, "--data", images, "--nb-knn", "5")
	if n := count(folder); n != 0 || count(run) != before+2 {
		t.Errorf("weights that are of no run left %d records", n)
	}
	named := filepath.Join(t.TempDir(), "named")
	if err := os.Mkdir(named, 0o755); err != nil {
		t.Fatal(err)
	}
	knnJSON(t, "--weights", file, "--data", images, "--nb-knn", "5", "--results", named)
	if of, _, _ := results.Read(named); len(of) != 1 || of[0].Checksum != teacher.Checksum {
		t.Errorf("in the named folder: %+v", of)
	}
}
