package main

import (
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func checkJSON(t *testing.T, folder string) dataCheckReport {
	t.Helper()
	o := dinogpu(t, nil, "data", "check", folder, "--json")
	var r dataCheckReport
	if err := json.Unmarshal([]byte(o.stdout), &r); err != nil || o.code != exitDone {
		t.Fatalf("exit %d, %v: %s%s", o.code, err, o.stdout, o.stderr)
	}
	return r
}

// use is what a report says of a use, the only time it speaks of it.
func (r dataCheckReport) use(t *testing.T, name string) dataUse {
	t.Helper()
	var found []dataUse
	for _, use := range r.Uses {
		if use.Use == name {
			found = append(found, use)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%s is told of %d times: %+v", name, len(found), r.Uses)
	}
	return found[0]
}

// putImages writes n small images into a folder.
func putImages(t *testing.T, n int, path ...string) {
	t.Helper()
	folder := filepath.Join(path...)
	if err := os.MkdirAll(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		f, err := os.Create(filepath.Join(folder, fmt.Sprintf("%d.png", i)))
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(f, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func putText(t *testing.T, text string, path ...string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(path...), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestCheckCountsClassesAndNamesDamage(t *testing.T) {
	dir := t.TempDir()
	for class, n := range map[string]int{"a": 3, "b": 2, "c": 1} {
		putImages(t, n, dir, "set", "train", class)
		putImages(t, 1, dir, "set", "val", class)
	}
	putImages(t, 2, dir, "set", "val", "unknown")
	putImages(t, 0, dir, "set", "train", "hollow")
	putText(t, "no image", dir, "set", "train", "c", "0.png")
	putText(t, "no image", dir, "set", "train", "a", "1.png")
	r := checkJSON(t, dir)
	if r.Images != 11 || r.Unreadable != 2 || len(r.Named) != 2 || r.Named[0].Name != filepath.Join("set", "train", "a", "1.png") {
		t.Errorf("%d images, %d unreadable: %+v", r.Images, r.Unreadable, r.Named)
	}
	use := r.use(t, "knn")
	if use.Folder != filepath.Join(dir, "set") || use.Counts["train_images"] != 6 || use.Counts["val_images"] != 5 {
		t.Errorf("%+v", use)
	}
	if fmt.Sprint(use.Classes) != "[{a 2 1} {b 2 1} {c 0 1}]" {
		t.Errorf("classes %+v", use.Classes)
	}
	o := dinogpu(t, nil, "data", "check", dir)
	train := filepath.Join(dir, "set", "train")
	for _, want := range []string{
		dir + ": 11 images, of which 2 cannot be read\n", "3 classes, 6 images in train, 5 in val\n",
		"images per class: 0 to 2 in train, 1 in val\n  a: 2 and 1\n",
		"val has 2 images of classes that train lacks, counted as wrong: unknown\n",
		"1 folder of " + train + " without any image, which are no classes: hollow\n",
		"1 folder of " + train + " of which no image can be read: c\n",
	} {
		if !strings.Contains(o.stdout, want) {
			t.Errorf("no %q in:\n%s", want, o.stdout)
		}
	}
	if one := checkJSON(t, train).use(t, "knn"); one.Folder != train || one.Counts["classes"] != 3 || one.Counts["train_images"] != 6 {
		t.Errorf("one folder of classes: %+v", one)
	}
}

// More images than are named one by one are counted.
func TestCheckCountsManyUnreadable(t *testing.T) {
	dir := t.TempDir()
	for i := range mostNamed + 3 {
		putText(t, "no image", dir, fmt.Sprintf("%02d.jpg", i))
	}
	r := checkJSON(t, dir)
	if r.Unreadable != mostNamed+3 || len(r.Named) != mostNamed {
		t.Errorf("%d unreadable, %d named", r.Unreadable, len(r.Named))
	}
	if use := r.use(t, "training"); use.Folder != "" {
		t.Errorf("training on nothing: %+v", use)
	}
	if o := dinogpu(t, nil, "data", "check", dir); !strings.Contains(o.stdout, "\n  and 3 more\n") {
		t.Error(o.stdout)
	}
}

func TestCheckSaysWhatIsMissing(t *testing.T) {
	empty := t.TempDir()
	r := checkJSON(t, empty)
	if r.Images != 0 || len(r.Remarks) != 1 || !strings.Contains(r.Remarks[0], "is empty") || len(r.Uses) != 1+len(evalEntries) {
		t.Errorf("%+v", r)
	}
	for _, use := range r.Uses {
		if use.Folder != "" || !strings.HasPrefix(use.Why, "it wants ") {
			t.Errorf("an empty folder: %+v", use)
		}
	}

	dir := t.TempDir()
	putImages(t, 2, dir, "places", "images")
	putText(t, `{"imlist": ["0", "9"], "qimlist": ["1"], "gnd": [{"easy": [0], "hard": [], "junk": []}]}`, dir, "places", "gnd.json")
	putImages(t, 2, dir, "copies", "original")
	putImages(t, 2, dir, "voc", "JPEGImages")
	r = checkJSON(t, dir)
	for use, want := range map[string][2]string{
		"retrieval":     {"places", `names an image "9", which is not in`},
		"copydetection": {"copies", "has originals, and no folder of copies beside them"},
		"jaccard":       {"voc", "has JPEGImages and lacks SegmentationObject"},
	} {
		if u := r.use(t, use); u.Folder != filepath.Join(dir, want[0]) || !strings.Contains(u.Why, want[1]) {
			t.Errorf("%s: no %q in %+v", use, want[1], u)
		}
	}

	o := dinogpu(t, nil, "data", "check", filepath.Join(dir, "absent"))
	if o.code != exitUsage || !strings.Contains(o.stderr, "is no folder") {
		t.Errorf("exit %d: %s", o.code, o.stderr)
	}
}
