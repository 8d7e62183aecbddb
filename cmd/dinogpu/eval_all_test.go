package main

import (
	"context"
	"encoding/json"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dinogpu/dinogpu/eval/results"
)

// copyInto copies a folder of files to a place below root.
func copyInto(t *testing.T, root, name, from string) {
	t.Helper()
	if err := os.CopyFS(filepath.Join(root, name), os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

func TestFindData(t *testing.T) {
	root := t.TempDir()
	for _, set := range []string{"imagenet/train", "imagenet/val", "flowers", "lone/train"} {
		writeClasses(t, filepath.Join(root, set), 1, 1, "ant", "bee")
	}
	copyInto(t, root, "copies", copySet(t))
	copyInto(t, root, "deep/places", retrievalSet(t))
	copyInto(t, root, "too/deep/for/us", retrievalSet(t))
	writeObjects(t, filepath.Join(root, "objects"), 1)
	voc := filepath.Join(root, "VOCdevkit", "VOC2012")
	objects := writeObjects(t, t.TempDir(), 1)
	copyInto(t, voc, "JPEGImages", filepath.Join(objects, "images"))
	copyInto(t, voc, "SegmentationObject", filepath.Join(objects, "masks"))
	for _, folder := range []string{".hidden/original", "flat"} {
		if err := os.MkdirAll(filepath.Join(root, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	writeSequence(t, filepath.Join(root, "davis"), "bear", 3)
	writePNG(t, filepath.Join(root, "flat", "x.png"), image.NewGray(image.Rect(0, 0, 9, 9)))
	got := map[string][]string{}
	found, err := findData(context.Background(), root)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		name, err := filepath.Rel(root, f.dir)
		if err != nil {
			t.Fatal(err)
		}
		entry := evalEntries[f.entry].name
		got[entry] = append(got[entry], filepath.ToSlash(name))
		if entry == results.KNN && (f.layout == trainVal) != (name == "imagenet") {
			t.Errorf("%s is found as layout %d", name, f.layout)
		}
	}
	for entry, want := range map[string][]string{
		results.KNN: {"imagenet", "flowers", filepath.ToSlash("lone/train")}, results.CopyDetection: {"copies"},
		results.Retrieval: {"deep/places"}, results.Video: {"davis"}, results.Jaccard: {"VOCdevkit/VOC2012", "objects"},
	} {
		if diff := cmp.Diff(want, got[entry]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", entry, diff)
		}
	}
	if _, err := findData(context.Background(), filepath.Join(root, "absent")); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("a folder that is not there: %v", err)
	}
}

// Everything that there is data for runs, one that fails lets the others go on, and what came out is recorded.
func TestEvalAll(t *testing.T) {
	run, root := begunRun(t, filepath.Join(t.TempDir(), "run")), t.TempDir()
	writeClasses(t, filepath.Join(root, "classes"), 3, 1, "ant", "bee")
	copyInto(t, root, "copies", copySet(t))
	if err := os.Remove(filepath.Join(writeObjects(t, filepath.Join(root, "objects"), 2), "masks", "01.png")); err != nil {
		t.Fatal(err)
	}
	args := []string{"eval", "all", "--weights", run, "--data", root, "--untrained", "--seed", "5"}
	o := dinogpu(t, nil, args...)
	if o.code != exitFailed || !strings.Contains(o.stderr, "1 of 4 evaluations failed: jaccard in "+filepath.Join(root, "objects")) {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	for _, want := range []string{
		"k-NN: " + filepath.Join(root, "classes") + "\nLeave-one-out: ", "Copy detection: " + filepath.Join(root, "copies") + "\n", "\nEVALUATION ", "teacher ", ", untrained ",
		"\njaccard ", "failed", "\nall ", "No data for retrieval. It takes ", "cmp.felk.cvut.cz", "data sample DIR",
	} {
		if !strings.Contains(o.stdout, want) {
			t.Errorf("%q is not printed:\n%s", want, o.stdout)
		}
	}
	for _, want := range []string{"jaccard in " + filepath.Join(root, "objects") + " failed: ", "eval table "} {
		if !strings.Contains(o.stderr, want) {
			t.Errorf("%q is not said:\n%s", want, o.stderr)
		}
	}
	recorded, _, err := results.Read(run)
	var got []string
	for _, r := range recorded {
		got = append(got, r.Evaluation+" "+r.Network)
		if r.Seed != 5 {
			t.Errorf("%+v has not the seed", r)
		}
	}
	if diff := cmp.Diff([]string{"knn teacher", "knn untrained", "linear teacher", "linear untrained", "copydetection teacher", "copydetection untrained"}, got); err != nil || diff != "" {
		t.Errorf("recorded %v (-want +got):\n%s", err, diff)
	}
	if err := os.RemoveAll(filepath.Join(root, "objects")); err != nil {
		t.Fatal(err)
	}
	o = dinogpu(t, nil, append(args, "--json")...)
	var r struct {
		NoData      []allMissing `json:"no_data"`
		Evaluations []struct {
			Evaluation string
			Seconds    float64
			Report     map[string]any
			Error      string
		}
	}
	if err := json.Unmarshal([]byte(o.stdout), &r); o.code != exitDone || err != nil {
		t.Fatalf("exit %d: %v, %s", o.code, err, o.stderr)
	}
	if e := r.Evaluations; len(e) != 3 || e[1].Evaluation != results.Linear || e[0].Evaluation != results.KNN || e[0].Report["leave_one_out"] != true || e[2].Error != "" || e[2].Seconds <= 0 || len(r.NoData) < 1 {
		t.Errorf("%+v", r)
	}
}

func TestEvalAllRefuses(t *testing.T) {
	run, empty := begunRun(t, filepath.Join(t.TempDir(), "run")), t.TempDir()
	for name, c := range map[string]struct {
		args string
		code int
		want string
	}{
		"no weights": {"--data " + empty, exitUsage, "--weights"},
		"no data":    {"--weights " + run, exitUsage, "--data ROOT"},
		"csv":        {"--csv x --data " + empty + " --weights " + run, exitUsage, "--csv is for one evaluation"},
		"nothing":    {"--data " + empty + " --weights " + run, exitFailed, "No data for knn. It takes train/ and val/"},
		"nowhere":    {"--data " + filepath.Join(empty, "x") + " --weights " + run, exitFailed, "cannot be read"},
	} {
		o := dinogpu(t, nil, append([]string{"eval", "all"}, strings.Fields(c.args)...)...)
		if o.code != c.code || !strings.Contains(o.stderr, c.want) || o.stdout != "" {
			t.Errorf("%s: exit %d, want %d and %q: %s%s", name, o.code, c.code, c.want, o.stderr, o.stdout)
		}
	}
}
