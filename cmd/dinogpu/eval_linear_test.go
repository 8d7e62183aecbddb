package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dinogpu/dinogpu/eval/results"
)

// linearJSON runs eval linear and reads what it prints.
func linearJSON(t *testing.T, args ...string) (linearReport, outcome) {
	t.Helper()
	o := dinogpu(t, nil, append([]string{"eval", "linear", "--json"}, args...)...)
	if o.code != exitDone {
		t.Fatalf("%v: exit %d: %s", args, o.code, o.stderr)
	}
	var r linearReport
	d := json.NewDecoder(strings.NewReader(o.stdout))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, o.stdout)
	}
	return r, o
}

// A training with two rates on two networks: what it prints, keeps and records; its files tested again; a training that is
// cut goes on to the same bytes; what is refused.
func TestEvalLinearOfARun(t *testing.T) {
	run, images, o := labeledRun(t)
	if o.code != exitDone {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	dir := t.TempDir()
	out, table := filepath.Join(dir, "probe.safetensors"), filepath.Join(dir, "images.csv")
	common := []string{"--weights", run, "--data", images, "--lr", "0.5,20", "--batch-size", "10"}
	r, said := linearJSON(t, append(common, "--epochs", "3", "--val-freq", "2", "--untrained", "--out", out, "--csv", table)...)
	if r.Classes != 3 || r.Blocks != 1 || r.ImageSize != 15 || *r.Train != (knnSide{filepath.Join(images, "train"), 24, 0}) ||
		r.Test != (knnSide{filepath.Join(images, "val"), 26, 1}) || len(r.Results) != 4 {
		t.Fatalf("report %+v", r)
	}
	for i, row := range r.Results {
		if want := []string{"teacher", "teacher", "untrained", "untrained"}[i]; row.Network != want || row.LR != []float64{0.5, 20}[i%2] ||
			cmp.Diff(row.Tested, []int{1, 3}) != "" || row.Top5 != 100 || row.Top1 < row.Last.Top1 {
			t.Errorf("row %d: %+v", i, row)
		}
	}
	for _, want := range []string{"the backbone has 1 block, so", "is left out", "teacher, epoch 3 of 3: lr 0.5: loss", "; lr 20: loss"} {
		if !strings.Contains(said.stderr, want) {
			t.Errorf("%q is not said:\n%s", want, said.stderr)
		}
	}
	if strings.Contains(said.stderr, "epoch 2 of 3") {
		t.Errorf("an epoch that was not tested is said where there is no terminal:\n%s", said.stderr)
	}
	if strings.Count(said.stderr, "04.png of") != 1 {
		t.Errorf("the damaged image is not named once:\n%s", said.stderr)
	}
	best := r.Results[0]
	if r.Results[1].Top1 > best.Top1 {
		best = r.Results[1]
	}
	checkLinearImages(t, r, table, best)
	records, _, err := results.Read(run)
	if err != nil || len(records) != 2 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	if k := records[0]; k.Evaluation != results.Linear || k.Values["top1"] != best.Top1 || k.Settings["lr"] != best.LR || k.Settings["cached"] != false ||
		k.Counts["left_out"] != 1 || k.Counts["train_images"] != 24 || records[1].Network != "untrained" {
		t.Errorf("recorded %+v", records)
	}
	// the best classifier by itself, and both as they were at the end
	again, _ := linearJSON(t, "--weights", run, "--data", images, "--evaluate", out, "--batch-size", "10")
	if a := again.Results[0]; len(again.Results) != 1 || a.Top1 != best.Top1 || a.LR != best.LR || a.Loss != best.Loss || again.Epochs != 0 {
		t.Errorf("the best again: %+v, it was %+v", again.Results, best)
	}
	again, _ = linearJSON(t, "--weights", run, "--data", images, "--evaluate", out+".last", "--batch-size", "10")
	for i, a := range again.Results {
		if len(again.Results) != 2 || a.Top1 != r.Results[i].Last.Top1 || a.LR != r.Results[i].LR {
			t.Errorf("the last again: %+v, they were %+v", again.Results, r.Results)
		}
	}
	checkLinearResume(t, run, out, common)
	checkLinearRefuses(t, run, images, out)
}

// The CSV lists what the report counts, by image and by class.
func checkLinearImages(t *testing.T, r linearReport, table string, best linearRow) {
	t.Helper()
	data, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil || len(lines) != 1+2*26 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	right := map[string]int{}
	for _, l := range lines[1:] {
		if (l[2] == l[3]) != (l[4] == "1") || l[5] != "1" || !strings.HasPrefix(l[1], l[2]) {
			t.Errorf("line %v", l)
		}
		if l[4] == "1" {
			right[l[0]]++
			right[l[0]+" "+l[2]]++
		}
	}
	if got := 100 * float64(right["teacher"]) / 26; got != best.Top1 {
		t.Errorf("the lines have %g %% right, the report %g", got, best.Top1)
	}
	n := 0
	for _, c := range r.PerClass {
		n += c.Images
		if got := 100 * float64(right[c.Network+" "+c.Class]) / float64(c.Images); got != c.Top1 {
			t.Errorf("of %s the lines have %g %% right, the report %g", c.Class, got, c.Top1)
		}
	}
	if n != 2*26 || len(r.PerClass) != 6 {
		t.Errorf("by class: %+v", r.PerClass)
	}
}

// A training that goes on leaves the bytes of one that did not stop.
func checkLinearResume(t *testing.T, run, whole string, common []string) {
	t.Helper()
	cut := filepath.Join(t.TempDir(), "probe.safetensors")
	args := append([]string{"eval", "linear", "--epochs", "3", "--val-freq", "2", "--out", cut}, common...)
	// Ctrl-C while the second epoch goes on
	said := dinogpuUntil(t, "epoch 1 of 3: lr", args...)
	if said.code == exitDone || !strings.Contains(said.stderr, "it goes on with: ") || !strings.Contains(said.stderr, "--resume") {
		t.Fatalf("exit %d: %s", said.code, said.stderr)
	}
	if records, _, err := results.Read(run); err != nil || len(records) != 4 {
		t.Errorf("%d records, %v: what was cut must leave none", len(records), err)
	}
	if o := dinogpu(t, nil, args...); o.code != exitUsage || !strings.Contains(o.stderr, "--resume") {
		t.Errorf("begun anew over it: exit %d: %s", o.code, o.stderr)
	}
	if o := dinogpu(t, nil, append(args, "--resume", "--seed", "4")...); o.code != exitUsage || !strings.Contains(o.stderr, "seed 0") {
		t.Errorf("another seed: exit %d: %s", o.code, o.stderr)
	}
	if o := dinogpu(t, nil, append(args, "--resume")...); o.code != exitDone || !strings.Contains(o.stderr, "goes on after epoch 1 of 3") {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	for _, ending := range []string{"", ".last"} {
		want, err := os.ReadFile(whole + ending)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(cut + ending); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: other bytes than of a training in one piece (%v)", cut+ending, err)
		}
	}
	// once more: there is nothing left to train, and the result is the same
	first := dinogpu(t, nil, append(args, "--resume")...)
	if first.code != exitDone || !strings.Contains(first.stdout, "teacher") {
		t.Errorf("exit %d: %s", first.code, first.stderr)
	}
}

func checkLinearRefuses(t *testing.T, run, images, out string) {
	t.Helper()
	val := filepath.Join(images, "val")
	one := writeClasses(t, t.TempDir(), 3, 2, "ant")
	single := writeClasses(t, t.TempDir(), 1, 2, "ant", "bee")
	plain := filepath.Join(t.TempDir(), "plain")
	writeClasses(t, plain, 2, 1, ".")
	for want, args := range map[string][]string{
		"--epochs 0":                         {"--data", images, "--epochs", "0"},
		"--lr takes rates above 0":           {"--data", images, "--lr", "0"},
		"--val-fraction 1.5":                 {"--data", val, "--val-fraction", "1.5"},
		"take a part of each of its classes": {"--data", val},
		"is there to test on":                {"--data", images, "--val-fraction", "0.5"},
		"two ways to name":                   {"--data", images, "--train", val},
		"cannot be both":                     {"--train", val, "--test", val},
		"the backbone has 1 block":           {"--data", images, "--n-last-blocks", "2"},
		"images of one class only":           {"--data", one, "--val-fraction", "0.5"},
		"has one image of each class":        {"--data", single, "--val-fraction", "0.5"},
		"images without labels":              {"--data", plain, "--val-fraction", "0.5"},
		"trains nothing":                     {"--data", images, "--evaluate", out, "--out", out},
		"name the file with --out":           {"--data", images, "--resume"},
		"holds a training already":           {"--data", images, "--out", out},
		"no linear classifier":               {"--data", images, "--evaluate", filepath.Join(run, "teacher.safetensors")},
		"features of another backbone":       {"--data", images, "--evaluate", out, "--checkpoint-key", "student"},
		"leave --n-last-blocks and":          {"--data", images, "--evaluate", out, "--avgpool-patchtokens"},
		"no class of":                        {"--test", writeClasses(t, t.TempDir(), 2, 1, "dog", "eel"), "--evaluate", out},
		"--limit -1":                         {"--data", images, "--limit", "-1"},
		"there is no training to go on":      {"--data", images, "--resume", "--out", filepath.Join(t.TempDir(), "x")},
		"name labeled images":                {},
		"images to test on: --data DIR":      {"--evaluate", out},
	} {
		o := dinogpu(t, nil, append([]string{"eval", "linear", "--weights", run}, args...)...)
		if o.code == exitDone || !strings.Contains(o.stderr, want) || strings.Contains(o.stderr, "bug") {
			t.Errorf("%v: exit %d: %q does not hold %q", args, o.code, o.stderr, want)
		}
	}
	// a part of each class, the same for the same seed
	parts := func(seed string) (r linearReport) {
		r, _ = linearJSON(t, "--weights", run, "--data", filepath.Join(images, "train"), "--val-fraction", "0.26", "--epochs", "1", "--cached", "--seed", seed, "--csv", filepath.Join(images, "csv"+seed))
		return r
	}
	a := parts("3")
	if a.Train.Images != 18 || a.Test.Images != 6 || !a.Cached || len(a.PerClass) != 3 || a.PerClass[0].Images != 2 {
		t.Errorf("a quarter put aside: %+v", a)
	}
	if diff := cmp.Diff(a.Results, parts("3").Results); diff != "" {
		t.Errorf("the same seed again: %s", diff)
	}
	parts("4")
	var lists []string
	for _, seed := range []string{"3", "4"} {
		data, err := os.ReadFile(filepath.Join(images, "csv"+seed))
		if err != nil {
			t.Fatal(err)
		}
		lists = append(lists, fmt.Sprint(strings.Count(string(data), "\n"), string(data)))
	}
	if lists[0] == lists[1] {
		t.Error("another seed puts the same images aside")
	}
}

// dinogpuUntil runs a command that is asked to stop once it has said something.
func dinogpuUntil(t *testing.T, text string, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var stdout, stderr bytes.Buffer
	a := &app{
		ctx: ctx, stdout: &stdout, env: plainEnv, now: time.Now,
		console: &console{w: io.MultiWriter(&stderr, &stopWhenSaid{text: text, stop: cancel}), width: func() int { return 80 }, now: time.Now},
	}
	return outcome{execute(a, args), stdout.String(), stderr.String()}
}
