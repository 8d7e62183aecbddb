package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tinyStudy is a study of tiny runs on drawn images, in a folder.
func tinyStudy(t *testing.T, out, images string, more ...string) outcome {
	t.Helper()
	args := append([]string{"study"}, more...)
	return dinogpu(t, nil, append(args, "--data", images, "--preset", "demo", "--out", out, "--seeds", "1", "--epochs", "1", "--warmup-epochs", "0",
		"--dim", "24", "--depth", "1", "--heads", "2", "--head-hidden", "16", "--head-bottleneck", "8", "--out-dim", "16", "--local-crops-number", "1",
		"--batch-size", "4", "--knn-every", "0")...)
}

// A study trains each row once, goes on where it was stopped, and sets the rows side by side.
func TestStudy(t *testing.T) {
	images, out := filepath.Join(t.TempDir(), "images"), filepath.Join(t.TempDir(), "study")
	writeClasses(t, images, 4, 1, "ant", "bee")
	if o := tinyStudy(t, out, filepath.Join(images, "none"), "collapse", "--rows", "both"); o.code != exitFailed || !strings.Contains(o.stderr, "doesn't exist") {
		t.Fatalf("exit %d: %s", o.code, o.stderr) // which leaves no mark on the folder
	}
	if o := tinyStudy(t, out, images, "collapse", "--rows", "both"); o.code != exitDone || !strings.Contains(o.stderr, "run 1 of 1: centering and sharpening, seed 0") {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	before, err := os.Stat(filepath.Join(out, "both-seed0", "teacher.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	o := tinyStudy(t, out, images, "collapse", "--rows", "both,no-centering")
	if o.code != exitDone || strings.Contains(o.stderr, "run 1 of 2") || !strings.Contains(o.stderr, "run 2 of 2: sharpening only, seed 0") {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	if after, err := os.Stat(filepath.Join(out, "both-seed0", "teacher.safetensors")); err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("a finished run was trained again (%v)", err)
	}
	for _, want := range []string{"What keeps the targets apart (paper, Figure 7)", "centering and sharpening", "sharpening only", "h", "ln K is 2.773"} {
		if !strings.Contains(o.stdout, want) {
			t.Errorf("the table lacks %q:\n%s", want, o.stdout)
		}
	}
	table, err := os.ReadFile(filepath.Join(out, "table.txt"))
	if err != nil || !strings.HasSuffix(o.stdout, string(table)) {
		t.Errorf("table.txt is not what was printed (%v)", err)
	}
	results, err := os.ReadFile(filepath.Join(out, "results.csv"))
	if lines := strings.Split(strings.TrimSpace(string(results)), "\n"); err != nil || len(lines) != 3 || !strings.HasPrefix(lines[2], "no-centering,0,no-centering-seed0,") {
		t.Errorf("results.csv (%v):\n%s", err, results)
	}
	if page, err := os.ReadFile(filepath.Join(out, "report.html")); err != nil || !strings.Contains(string(page), "no-centering-seed0") {
		t.Errorf("the page lacks a run (%v)", err)
	}
	if o := tinyStudy(t, out, images, "collapse", "--student-temp", "0.2"); o.code != exitUsage || !strings.Contains(o.stderr, "other settings") {
		t.Errorf("other settings in one folder: exit %d: %s", o.code, o.stderr)
	}
}

// A plan measures a step and trains nothing.
func TestStudyPlan(t *testing.T) {
	images, out := filepath.Join(t.TempDir(), "images"), filepath.Join(t.TempDir(), "study")
	writeClasses(t, images, 4, 1, "ant", "bee")
	o := tinyStudy(t, out, images, "teacher", "--dry-run")
	if o.code != exitDone || !strings.Contains(o.stdout, "for all 4 runs") || strings.Count(o.stdout, "seed 0") != 4 {
		t.Errorf("exit %d: %s%s", o.code, o.stdout, o.stderr)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a plan made a folder")
	}
}

func TestStudyRefuses(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"study nothing", "there is no study \"nothing\"; the studies are teacher, collapse"},
		{"study teacher --rows copy,other", "has no row \"other\"; its rows are momentum"},
		{"study teacher --seeds 0", "--seeds 0"},
		{"study teacher --max-steps 5", "shorten them by --epochs or --limit"},
		{"study heads --preset vits16 --data nowhere --rows no-bottleneck --use-bn-in-head --batch-size 1", "--use-bn-in-head needs"},
	} {
		if o := dinogpu(t, nil, strings.Fields(c.args)...); o.code == exitDone || !strings.Contains(o.stderr, c.want) {
			t.Errorf("%s: exit %d: %s", c.args, o.code, o.stderr)
		}
	}
}
