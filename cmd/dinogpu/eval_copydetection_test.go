package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/eval/results"
)

// copySet writes four originals, two blocks of copies, of which one lacks its original and one is damaged, distractors and
// images to learn whitening from.
func copySet(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write := func(folder, name string, seed uint64, shift int) {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
		writePNG(t, filepath.Join(dir, folder, name+".png"), scene(seed, shift, 60, 44))
	}
	for i, name := range []string{"ant", "bee", "cow", "dog"} {
		write("original", name, uint64(i), 0)
		write("strong", name+"_1", uint64(i), 4)
		write("noise/2", name, uint64(i), 1)
		write("distractors", name, uint64(10+i), 0)
		write("whitening", name, uint64(20+i), 0)
	}
	write("strong", "emu", 30, 0)
	if err := os.WriteFile(filepath.Join(dir, "noise", "2", "dog.png"), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestEvalCopyDetection(t *testing.T) {
	dir, net := copySet(t), goldenWeights(t)
	kept, table := t.TempDir(), filepath.Join(t.TempDir(), "ap.csv")
	o := dinogpu(t, nil, "eval", "copydetection", "--weights", net, "--data", dir, "--json", "--untrained", "--csv", table, "--results", kept)
	if o.code != exitDone {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	var r copyReport
	if err := json.Unmarshal([]byte(o.stdout), &r); err != nil {
		t.Fatal(err)
	}
	if r.ImageSize != 46 || r.Originals != 4 || r.Distractors != 4 || r.Whitening != 4 || r.Without != 1 || r.LeftOut != 2 || len(r.Results) != 2 {
		t.Errorf("report %+v", r)
	}
	for _, want := range []string{`"strong": images without an original are left out: 1, the first is "emu.png"`, "noise/2/dog.png of " + dir + " is left out"} {
		if strings.Count(o.stderr, want) != 1 {
			t.Errorf("it is not said once that %s: %s", want, o.stderr)
		}
	}
	records, _, err := results.Read(kept)
	if err != nil || len(records) != 2 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	for i, x := range r.Results {
		noise, strong := x.Blocks[0], x.Blocks[1]
		if noise.Name != "noise/2" || noise.Copies != 3 || strong.Name != "strong" || strong.Copies != 4 || strong.Matched != "name" || *noise.MAP < 60 {
			t.Errorf("%s: %+v", x.Network, x.Blocks)
		}
		rec := records[i]
		if rec.Evaluation != results.CopyDetection || rec.Network != x.Network || len(rec.Values) != 2 || rec.Values["map_noise_2"] != *noise.MAP ||
			rec.Values["map_strong"] != *strong.MAP || rec.Counts["left_out"] != 2 || rec.Counts["copies"] != 7 {
			t.Errorf("record %+v", rec)
		}
	}
	f, err := os.Open(table)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 1+2*8 || strings.Join(rows[4], ",") != "teacher,noise/2,noise/2/dog.png,dog.png,," || rows[5][3] != "ant.png" {
		t.Errorf("CSV %v, %v", rows, err)
	}
	text := dinogpu(t, nil, "eval", "copydetection", "--weights", net, "--data", dir, "--distractors", filepath.Join(dir, "whitening"))
	if text.code != exitDone || !strings.Contains(text.stdout, "strong") || !strings.Contains(text.stdout, "4 distractors") {
		t.Errorf("exit %d: %s%s", text.code, text.stdout, text.stderr)
	}
}

func TestEvalCopyDetectionBadInput(t *testing.T) {
	dir, net := t.TempDir(), goldenWeights(t)
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--weights", net}, exitUsage, "--data"},
		{[]string{"--data", dir}, exitUsage, "--weights"},
		{[]string{"--weights", net, "--data", dir, "--imsize", "9000"}, exitUsage, "--imsize 9000"},
		{[]string{"--weights", net, "--data", dir}, exitFailed, "no folder original"},
	} {
		o := dinogpu(t, nil, append([]string{"eval", "copydetection"}, c.args...)...)
		if o.code != c.code || !strings.Contains(o.stderr, c.want) || strings.Count(strings.TrimSpace(o.stderr), "\n") > 1 {
			t.Errorf("%v: exit %d: %s, want %d and %q", c.args, o.code, o.stderr, c.code, c.want)
		}
	}
}
