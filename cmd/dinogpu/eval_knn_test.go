package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// writeClasses makes a folder of images, n of each class: noise with a tint of the class's own, too faint for all
// of them to be told apart.
func writeClasses(t *testing.T, dir string, n int, seed uint64, classes ...string) string {
	t.Helper()
	for _, class := range classes {
		folder := filepath.Join(dir, class)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(seed, uint64(class[0])))
		for i := range n {
			im := image.NewNRGBA(image.Rect(0, 0, 18, 16))
			tint := [3]int{r.IntN(60), r.IntN(60), r.IntN(60)}
			tint[int(class[0])%3] += 25
			for p := 0; p < len(im.Pix); p += 4 {
				for c := range 3 {
					im.Pix[p+c] = uint8(80 + tint[c] + r.IntN(60))
				}
				im.Pix[p+3] = 255
			}
			writePNG(t, filepath.Join(folder, fmt.Sprintf("%02d.png", i)), im)
		}
	}
	return dir
}

func writePNG(t *testing.T, path string, im image.Image) {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, im); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// labeledRun trains six steps of a tiny model with k-NN at the end of each of three epochs, one image that is
// asked about being damaged. It gives the run's folder, the images' and what was said.
func labeledRun(t *testing.T, more ...string) (run, images string, o outcome) {
	t.Helper()
	dir := t.TempDir()
	run, images = filepath.Join(dir, "run"), filepath.Join(dir, "images")
	writeClasses(t, filepath.Join(images, "train"), 8, 1, "ant", "bee", "cow")
	writeClasses(t, filepath.Join(images, "val"), 9, 2, "ant", "bee", "cow")
	if err := os.WriteFile(filepath.Join(images, "val", "bee", "04.png"), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	o = dinogpu(t, nil, append(tinyRun(run, images), more...)...)
	return run, images, o
}

func tinyRun(run, images string) []string {
	return []string{
		"train", "--preset", "demo", "--data", filepath.Join(images, "train"), "--run-dir", run,
		"--dim", "24", "--depth", "1", "--heads", "2", "--head-hidden", "16", "--head-bottleneck", "8", "--out-dim", "16",
		"--global-crops-size", "15", "--local-crops-size", "7", "--local-crops-number", "1", "--batch-size", "12", "--epochs", "3",
		"--mean", "0.4,0.5,0.45", "--std", "0.1,0.2,0.15",
		"--knn-every", "2", "--knn-train", filepath.Join(images, "train"), "--knn-test", filepath.Join(images, "val"),
	}
}

func knnJSON(t *testing.T, args ...string) (knnReport, outcome) {
	t.Helper()
	o := dinogpu(t, nil, append([]string{"eval", "knn", "--json"}, args...)...)
	if o.code != exitDone {
		t.Fatalf("%v: exit %d: %s", args, o.code, o.stderr)
	}
	var r knnReport
	d := json.NewDecoder(strings.NewReader(o.stdout))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		t.Fatalf("%v: %v", err, o.stdout)
	}
	return r, o
}

// What a run measures of its own networks is what eval knn finds in its folder, its checkpoint and its teacher's file.
func TestEvalKNNOfARun(t *testing.T) {
	run, images, o := labeledRun(t)
	if o.code != exitDone {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	var measured []map[string]float64
	for _, m := range lines(t, filepath.Join(run, "metrics.jsonl")) {
		if _, ok := m["knn_teacher"]; ok {
			measured = append(measured, m)
		}
	}
	if len(measured) != 2 || measured[0]["step"] != 4 || measured[1]["step"] != 6 || len(measured[1]) != 3 {
		t.Fatalf("measured %v, want steps 4 (every two epochs) and 6 (the end)", measured)
	}
	last := measured[1]
	if n := strings.Count(o.stderr, "is left out"); n != 1 || !strings.Contains(o.stderr, filepath.Join("bee", "04.png")) {
		t.Errorf("the damaged image is named %d times:\n%s", n, o.stderr)
	}
	if n := strings.Count(o.stderr, "k-NN of the teacher"); n != 2 || !strings.Contains(o.stderr, fmt.Sprintf("  k-NN %.1f %%", measured[0]["knn_teacher"])) {
		t.Errorf("k-NN is said %d times, or does not stand in the progress line:\n%s", n, o.stderr)
	}
	if v := last["knn_teacher"]; v <= 0 || v >= 100 {
		t.Fatalf("k-NN of %g %% cannot tell whether the right weights were read", v)
	}
	checkpoint := filepath.Join(run, "checkpoints", "step-00000006.dino")
	teacher := filepath.Join(run, "teacher.safetensors")
	whole, said := knnJSON(t, "--weights", run, "--data", images, "--nb-knn", "20,5,100", "--student")
	if whole.Weights != checkpoint || whole.ImageSize != 15 || whole.Classes != 3 || whole.Temperature != 0.07 ||
		whole.Train != (knnSide{filepath.Join(images, "train"), 24, 0}) || whole.Test != (knnSide{filepath.Join(images, "val"), 26, 1}) {
		t.Errorf("report %+v", whole)
	}
	if !strings.Contains(said.stderr, filepath.Join(images, "val")+": 1 image left out") {
		t.Errorf("the count of those left out is not said:\n%s", said.stderr)
	}
	if len(whole.Results) != 6 {
		t.Fatalf("%d results, want three of each network", len(whole.Results))
	}
	for i, want := range []struct {
		network string
		k, used int
	}{{"teacher", 20, 20}, {"teacher", 5, 5}, {"teacher", 100, 24}, {"student", 20, 20}, {"student", 5, 5}, {"student", 100, 24}} {
		if r := whole.Results[i]; r.Network != want.network || r.K != want.k || r.Used != want.used || r.Top5 < r.Top1 {
			t.Errorf("result %d is %+v, want %+v", i, r, want)
		}
	}
	if whole.Results[0].Top1 != last["knn_teacher"] || whole.Results[3].Top1 != last["knn_student"] {
		t.Errorf("eval finds %g and %g, the run %v", whole.Results[0].Top1, whole.Results[3].Top1, last)
	}
	for _, file := range []string{checkpoint, teacher} {
		r, _ := knnJSON(t, "--weights", file, "--train", filepath.Join(images, "train"), "--test", filepath.Join(images, "val"), "--nb-knn", "20,5,100")
		if diff := cmp.Diff(whole.Results[:3], r.Results); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
	table := dinogpu(t, nil, "eval", "knn", "--weights", teacher, "--data", images, "--nb_knn", "5,100", "--limit", "12")
	if table.code != exitDone || strings.Count(table.stdout, "\n") != 3 || !strings.Contains(table.stdout, "100 (there are 12)") {
		t.Errorf("exit %d:\n%s%s", table.code, table.stdout, table.stderr)
	}
	checkEvalClasses(t, run, images)
	checkLeaveOneOut(t, run, images)
	checkEvalRefuses(t, run, images)
	checkPerClass(t, run, images)
	checkLowShot(t, run, images)
	checkValFraction(t, run, images)
	checkRecords(t, run, images)
}

// One folder of classes: the images are read once, each is asked of the others, and both is said.
func checkLeaveOneOut(t *testing.T, run, images string) {
	t.Helper()
	val := filepath.Join(images, "val") // 27 images, one of them damaged
	r, o := knnJSON(t, "--weights", run, "--data", val, "--nb-knn", "5,100")
	side := knnSide{val, 26, 1}
	if !r.LeaveOneOut || r.Train != side || r.Test != side || r.Classes != 3 {
		t.Errorf("report %+v", r)
	}
	if r.Results[0].Used != 5 || r.Results[1].Used != 25 || r.Results[0].Top1 >= 100 || r.Results[0].Top5 < r.Results[0].Top1 {
		t.Errorf("results %+v", r.Results)
	}
	if n := strings.Count(o.stderr, "image left out"); n != 1 || !strings.Contains(o.stderr, "leave-one-out: each of 27 images of 3 classes") {
		t.Errorf("left out is said %d times, or leave-one-out is not:\n%s", n, o.stderr)
	}
	alone := writeClasses(t, t.TempDir(), 3, 2, "ant", "bee")
	writeClasses(t, alone, 1, 2, "cow")
	table := dinogpu(t, nil, "eval", "knn", "--weights", run, "--data", alone, "--nb-knn", "10")
	if table.code != exitDone || !strings.HasPrefix(table.stdout, "Leave-one-out: ") || !strings.Contains(table.stdout, "10 (there are 6)") ||
		!strings.Contains(table.stderr, "1 image with no other of the same class, counted as wrong: cow") {
		t.Errorf("exit %d:\n%s%s", table.code, table.stdout, table.stderr)
	}
	idx := filepath.Join(t.TempDir(), "set-images-idx3-ubyte")
	digits := append([]byte{0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 2}, 1, 2, 3, 4, 1, 2, 3, 5, 200, 90, 30, 4, 200, 90, 30, 5)
	labels := []byte{0, 0, 8, 1, 0, 0, 0, 4, 7, 7, 9, 9}
	for path, data := range map[string][]byte{idx: digits, strings.Replace(idx, "images-idx3", "labels-idx1", 1): labels} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if r, _ := knnJSON(t, "--weights", run, "--data", idx, "--nb-knn", "1"); !r.LeaveOneOut || r.Classes != 2 || r.Test.Images != 4 {
		t.Errorf("a labeled idx file: %+v", r)
	}
	both, _ := knnJSON(t, "--weights", run, "--data", images, "--nb-knn", "5")
	if both.LeaveOneOut {
		t.Errorf("a folder with train and val is taken for classes: %+v", both)
	}
}

// Classes that only the test images have are named and wrong; images in no class take no part.
func checkEvalClasses(t *testing.T, run, images string) {
	t.Helper()
	r, _ := knnJSON(t, "--weights", run, "--data", images, "--nb-knn", "5")
	other := writeClasses(t, filepath.Join(t.TempDir(), "other"), 9, 2, "ant", "bee", "cow", "emu")
	if err := os.WriteFile(filepath.Join(other, "bee", "04.png"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	writePNG(t, filepath.Join(other, "loose.png"), image.NewGray(image.Rect(0, 0, 9, 9)))
	more, o := knnJSON(t, "--weights", run, "--train", filepath.Join(images, "train"), "--test", other, "--nb-knn", "5")
	if want := r.Results[0].Top1 * 26 / 35; more.Test.Images != 35 || more.Results[0].Top1 < want-1e-9 || more.Results[0].Top1 > want+1e-9 {
		t.Errorf("with 9 images of an unknown class: %+v, want %g", more, want)
	}
	for _, want := range []string{"has 9 images of classes that", "counted as wrong: emu", "1 image without a class, ignored"} {
		if !strings.Contains(o.stderr, want) {
			t.Errorf("%q is not said:\n%s", want, o.stderr)
		}
	}
}

// What cannot be judged ends with one sentence.
func checkEvalRefuses(t *testing.T, run, images string) {
	t.Helper()
	dir := t.TempDir()
	train, val := filepath.Join(images, "train"), filepath.Join(images, "val")
	text := filepath.Join(dir, "weights.txt")
	if err := os.WriteFile(text, []byte("no weights"), 0o600); err != nil {
		t.Fatal(err)
	}
	numbers := filepath.Join(dir, "images-idx3-ubyte")
	if err := os.WriteFile(numbers, append([]byte{0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2}, 1, 2, 3, 4), 0o600); err != nil {
		t.Fatal(err)
	}
	half := filepath.Dir(writeClasses(t, filepath.Join(dir, "half", "train"), 1, 3, "xenops", "yak"))
	strange := writeClasses(t, filepath.Join(dir, "strange"), 1, 3, "xenops", "yak")
	for name, c := range map[string]struct {
		args string
		code int
		want string
	}{
		"no weights":    {"--data " + images, exitUsage, "--weights"},
		"no images":     {"--weights " + run, exitUsage, "--data DIR"},
		"half":          {"--weights " + run + " --train " + train, exitUsage, "--test PATH"},
		"both ways":     {"--weights " + run + " --data " + images + " --train " + train, exitUsage, "give one of them"},
		"no val":        {"--weights " + run + " --data " + half, exitUsage, filepath.Join(half, "val")},
		"no folder":     {"--weights " + run + " --data " + dir + "/none", exitFailed, "none"},
		"one class":     {"--weights " + run + " --data " + filepath.Dir(writeClasses(t, filepath.Join(dir, "only", "ant"), 1, 3, "x")), exitFailed, "one class only"},
		"k of others":   {"--weights " + run + " --data " + train + " --nb-knn 1024", exitUsage, "at most 1023"},
		"same":          {"--weights " + run + " --train " + train + " --test " + train + "/", exitFailed, "its own nearest neighbor"},
		"flat":          {"--weights " + run + " --train " + train + " --test " + filepath.Join(val, "ant"), exitFailed, "a sub-folder for each class"},
		"no idx labels": {"--weights " + run + " --train " + train + " --test " + numbers, exitFailed, "labels' file beside it"},
		"other classes": {"--weights " + run + " --train " + train + " --test " + strange, exitFailed, "xenops, yak"},
		"nothing there": {"--weights " + run + " --train " + train + " --test " + dir + "/none", exitFailed, "none"},
		"weights none":  {"--weights " + dir + "/none --data " + images, exitFailed, "none"},
		"weights text":  {"--weights " + text + " --data " + images, exitFailed, text},
		"no run":        {"--weights " + images + " --data " + images, exitFailed, "neither checkpoints nor teacher.safetensors"},
		"no student":    {"--weights " + run + "/teacher.safetensors --student --data " + images, exitUsage, "no student"},
		"k":             {"--weights " + run + " --data " + images + " --nb-knn 10,0", exitUsage, "--nb-knn"},
		"large k":       {"--weights " + run + " --data " + images + " --nb-knn 2000", exitUsage, "1024"},
		"temperature":   {"--weights " + run + " --data " + images + " --temperature 0", exitUsage, "--temperature 0"},
		"small":         {"--weights " + run + " --data " + images + " --image-size 3", exitUsage, "one patch of 7"},
		"adapter":       {"--weights " + run + " --data " + images + " --adapter voodoo", exitFailed, `no adapter is called "voodoo"`},
		"unknown flag":  {"--weigths " + run, exitUsage, "dinogpu eval knn --help"},
	} {
		o := dinogpu(t, nil, append([]string{"eval", "knn"}, strings.Fields(c.args)...)...)
		if o.code != c.code || !strings.Contains(o.stderr, c.want) || strings.Contains(o.stderr, "goroutine") || o.stdout != "" {
			t.Errorf("%s: exit %d, want %d and %q: %s%s", name, o.code, c.code, c.want, o.stderr, o.stdout)
		}
	}
}

// Labeled images that cannot be used stop a run before its folder is made.
func TestKNNPathsAreOpenedFirst(t *testing.T) {
	dir := t.TempDir()
	images := filepath.Join(dir, "images")
	writeClasses(t, filepath.Join(images, "train"), 8, 1, "ant", "bee")
	run := filepath.Join(dir, "run")
	for _, c := range []struct{ train, test, want string }{
		{"train", "nowhere", "nowhere"},
		{"train", "train/ant", "sub-folder for each class"},
		{"train/ant", "train", "sub-folder for each class"},
	} {
		o := dinogpu(t, nil, append(tinyRun(run, images), "--knn-train", filepath.Join(images, c.train), "--knn-test", filepath.Join(images, c.test))...)
		if o.code != exitFailed || !strings.Contains(o.stderr, c.want) {
			t.Errorf("%+v: exit %d: %s", c, o.code, o.stderr)
		}
		if _, err := os.Stat(run); err == nil {
			t.Fatalf("%+v: a run folder was made", c)
		}
	}
}

// stopWhenSaid is a console that cancels as soon as a text is written.
type stopWhenSaid struct {
	bytes.Buffer
	text string
	stop context.CancelFunc
}

func (s *stopWhenSaid) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(s.text)) {
		s.stop()
	}
	return s.Buffer.Write(p)
}

// Ctrl-C in the middle of an evaluation, where the damaged image is named: the run is saved, and the evaluation is
// made when it goes on, at the end of an epoch as at that of the run.
func TestStoppedWithinAnEvaluation(t *testing.T) {
	trained, images, o := labeledRun(t, "--max-steps", "1")
	if o.code != exitDone {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	// until gives the exit and what was said of a command that is interrupted when it names the damaged image
	until := func(args ...string) (code int, stdout, stderr string) {
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		out, said := &bytes.Buffer{}, &stopWhenSaid{text: "is left out", stop: stop}
		code = execute(&app{
			ctx: ctx, stdout: out, now: time.Now, env: plainEnv,
			console: &console{w: said, width: func() int { return 80 }, now: time.Now},
		}, args)
		return code, out.String(), said.String()
	}
	for every, at := range map[string]float64{"1": 2, "3": 6} {
		dir := filepath.Join(t.TempDir(), "run")
		code, _, said := until(append(tinyRun(dir, images), "--knn-every", every)...)
		if code != exitStopped || !strings.Contains(said, "--resume "+dir) {
			t.Fatalf("every %s: exit %d: %s", every, code, said)
		}
		before := lines(t, filepath.Join(dir, "metrics.jsonl"))
		if len(before) != int(at) || before[len(before)-1]["loss"] == 0 {
			t.Errorf("every %s: %d lines, the last is %v", every, len(before), before[len(before)-1])
		}
		if _, err := os.Stat(filepath.Join(dir, "teacher.safetensors")); err != nil {
			t.Error(err)
		}
		for range 2 { // the second time there is nothing left to do
			if o := dinogpu(t, nil, "train", "--resume", dir); o.code != exitDone {
				t.Fatalf("every %s: exit %d: %s", every, o.code, o.stderr)
			}
			var steps []float64
			for _, m := range lines(t, filepath.Join(dir, "metrics.jsonl")) {
				if _, ok := m["knn_student"]; ok {
					steps = append(steps, m["step"])
				}
			}
			want := []float64{2, 4, 6}
			if every == "3" {
				want = []float64{6}
			}
			if diff := cmp.Diff(want, steps); diff != "" {
				t.Errorf("every %s: evaluations at %v: %s", every, steps, diff)
			}
		}
	}
	code, stdout, said := until("eval", "knn", "--weights", trained, "--data", images)
	if code != exitStopped || stdout != "" || !strings.Contains(said, "nothing was recorded") {
		t.Errorf("eval knn: exit %d: %s%s", code, stdout, said)
	}
}

// A folder for results or a CSV that is not there is said before anything is measured.
func TestEvalFoldersAreLookedFor(t *testing.T) {
	absent := filepath.Join(t.TempDir(), "absent")
	for flag, path := range map[string]string{"--results": absent, "--csv": filepath.Join(absent, "a.csv")} {
		o := dinogpu(t, nil, "eval", "knn", "--weights", absent, "--data", absent, flag, path)
		if o.code != exitUsage || !strings.Contains(o.stderr, flag) {
			t.Errorf("%s: exit %d, %s", flag, o.code, o.stderr)
		}
	}
}
