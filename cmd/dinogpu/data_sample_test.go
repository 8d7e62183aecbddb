package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDataSample(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "sample")
	o := dinogpu(t, nil, "data", "sample", folder, "--seed", "3", "--json")
	var r dataSampleReport
	if err := json.Unmarshal([]byte(o.stdout), &r); err != nil || o.code != exitDone {
		t.Fatalf("exit %d, %v: %s%s", o.code, err, o.stdout, o.stderr)
	}
	if r.Folder != folder || r.Seed != 3 || r.Images < 500 || r.Files <= r.Images || r.Bytes <= 0 {
		t.Errorf("%+v", r)
	}
	text, err := os.ReadFile(filepath.Join(folder, "README.txt"))
	if err != nil || !strings.Contains(string(text), "data sample DIR --seed 3\n") {
		t.Errorf("%v: %s", err, text)
	}
	check := checkJSON(t, folder)
	if check.Images != r.Images || check.Unreadable > 0 {
		t.Errorf("%d images, %d unreadable; drawn were %d", check.Images, check.Unreadable, r.Images)
	}
	for use, in := range map[string]string{
		"knn": "classes", "linear": "classes", "retrieval": "retrieval", "copydetection": "copies", "jaccard": "objects", "video": "video",
	} {
		if u := check.use(t, use); u.Folder != filepath.Join(folder, in) || u.Why != "" || len(u.Notes) > 0 {
			t.Errorf("%s: %+v", use, u)
		}
	}
	o = dinogpu(t, nil, "data", "sample", folder)
	if o.code != exitFailed || !strings.Contains(o.stderr, "name another, or empty it") {
		t.Errorf("into a folder that holds something: exit %d: %s", o.code, o.stderr)
	}
}
