package run

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/gpu"
)

// begunRun is a run that stopped after so many of its 24 steps, with a checkpoint at each.
func begunRun(t *testing.T, d *gpu.Device, steps int) (folder string, s settings.Settings) {
	t.Helper()
	folder, s = filepath.Join(t.TempDir(), "run"), tiny(4)
	s.Run.MaxSteps, s.Run.CheckpointEvery, s.Run.Keep = steps, 1, 3
	if err := trained(t, func() (*Run, error) { return New(t.Context(), Options{Settings: s, Folder: folder, Device: d}) }); !errors.Is(err, ErrStopped) {
		t.Fatal(err)
	}
	return folder, s
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	write(t, to, read(t, from))
}

// A copy that somebody keeps beside the checkpoints is never gone on from, renamed or removed.
func TestCopiesBesideCheckpointsAreLeftAlone(t *testing.T) {
	d := openDevice(t)
	folder, s := begunRun(t, d, 4)
	checkpoints := filepath.Join(folder, weights.CheckpointsFolder)
	copies := []string{"step-best.dino", "step-00000009 (copy).dino", "step-00000003 (copy).dino", "step-9.dino", "step-000000009.dino", "step-00000002.dino.bak", "best.dino"}
	for _, name := range copies {
		copyFile(t, filepath.Join(checkpoints, weights.CheckpointName(2)), filepath.Join(checkpoints, name))
	}
	if err := os.Mkdir(filepath.Join(checkpoints, "step-00000099.dino"), 0o777); err != nil {
		t.Fatal(err)
	}
	kept := read(t, filepath.Join(checkpoints, weights.CheckpointName(2)))
	s.Run.MaxSteps = 12
	var h heard
	if err := trained(t, func() (*Run, error) {
		return Resume(t.Context(), folder, Options{Settings: s, Device: d, Notices: &h})
	}); !errors.Is(err, ErrStopped) {
		t.Fatal(err)
	}
	if !h.holds("after step 4") || len(h.steps) != 8 {
		t.Errorf("it went on from elsewhere: %q", h.said)
	}
	for _, name := range copies {
		if read(t, filepath.Join(checkpoints, name)) != kept {
			t.Errorf("%s was changed", name)
		}
	}
	if paths, err := weights.Checkpoints(folder); err != nil || len(paths) != 3 {
		t.Errorf("the checkpoints are %v, %v", paths, err)
	}
	entries, err := os.ReadDir(checkpoints)
	if err != nil || len(entries) != len(copies)+1+3 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

// Whatever makes the newest checkpoint one that the run cannot go on from, a resume that is refused for it changes no
// byte.
func TestCheckpointsThatAreNotTheRuns(t *testing.T) {
	d := openDevice(t)
	folder, _ := begunRun(t, d, 4)
	checkpoints := filepath.Join(folder, weights.CheckpointsFolder)
	h, tensors, err := weights.ReadCheckpoint(filepath.Join(checkpoints, weights.CheckpointName(4)))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		file, header int
		want         string
	}{
		"past the end":           {25, 25, "that of step 25, and the run ends after step 24 (4 epochs of 6 steps)"},
		"a copy under our names": {9, 4, "step-00000009.dino holds the state after step 4"},
	} {
		path := filepath.Join(checkpoints, weights.CheckpointName(c.file))
		other := h
		other.Step = c.header
		if err := weights.WriteCheckpoint(path, other, tensors); err != nil {
			t.Fatal(err)
		}
		before := allOf(t, folder)
		if _, err := Resume(t.Context(), folder, Options{Device: d}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(before, allOf(t, folder)); diff != "" {
			t.Errorf("%s: the folder changed", name)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// What is set aside is said, and never written over.
func TestWhatIsSetAsideIsSaid(t *testing.T) {
	d := openDevice(t)
	folder, s := begunRun(t, d, 4)
	newest := filepath.Join(folder, weights.CheckpointsFolder, weights.CheckpointName(4))
	for _, aside := range []string{newest + ".damaged", newest + ".damaged-2"} {
		write(t, newest, "damaged: "+aside)
		var h heard
		if err := trained(t, func() (*Run, error) {
			return Resume(t.Context(), folder, Options{Settings: s, Device: d, Notices: &h})
		}); !errors.Is(err, ErrStopped) {
			t.Fatal(err)
		}
		if !h.holds("the damaged checkpoint " + newest + " is set aside as " + filepath.Base(aside)) {
			t.Errorf("said %q", h.said)
		}
		if read(t, aside) != "damaged: "+aside {
			t.Errorf("%s was written over", aside)
		}
	}
}

// The last good state is one in which every number is finite, or none.
func TestLastGoodStateIsFinite(t *testing.T) {
	d := openDevice(t)
	folder, _ := begunRun(t, d, 4)
	checkpoints := filepath.Join(folder, weights.CheckpointsFolder)
	for _, c := range []struct {
		step int
		good string
	}{{4, filepath.Join(checkpoints, weights.CheckpointName(3))}, {3, filepath.Join(checkpoints, weights.CheckpointName(2))}, {2, ""}} {
		path := filepath.Join(checkpoints, weights.CheckpointName(c.step))
		h, tensors, err := weights.ReadCheckpoint(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range tensors {
			if x.Name == "student.backbone.blocks.0.mlp.fc1.weight" {
				x.Values[5] = float32(math.NaN())
			}
		}
		if err := weights.WriteCheckpoint(path, h, tensors); err != nil {
			t.Fatal(err)
		}
		var bad *NotFinite
		err = trained(t, func() (*Run, error) { return Resume(t.Context(), folder, Options{Device: d}) })
		if !errors.As(err, &bad) || bad.LastGood != c.good {
			t.Fatalf("of step %d: %v", c.step, err)
		}
		if c.good == "" && (strings.Contains(err.Error(), "last good state") || !strings.Contains(err.Error(), "no checkpoint whose state is good")) {
			t.Errorf("none is good: %v", err)
		}
	}
}

// Text from a checkpoint cannot move a terminal's cursor.
func TestAdapterNameOfACheckpointIsQuoted(t *testing.T) {
	d := openDevice(t)
	folder, s := begunRun(t, d, 2)
	path := filepath.Join(folder, weights.CheckpointsFolder, weights.CheckpointName(2))
	h, tensors, err := weights.ReadCheckpoint(path)
	if err != nil {
		t.Fatal(err)
	}
	h.Adapter = "evil\x1b[2J\r\nadapter"
	if err := weights.WriteCheckpoint(path, h, tensors); err != nil {
		t.Fatal(err)
	}
	var heard heard
	if err := trained(t, func() (*Run, error) {
		return Resume(t.Context(), folder, Options{Settings: s, Device: d, Notices: &heard})
	}); !errors.Is(err, ErrStopped) {
		t.Fatal(err)
	}
	if !heard.holds(`the run began on "evil\x1b[2J\r\nadapter": `) {
		t.Errorf("said %q", heard.said)
	}
	if strings.Contains(read(t, filepath.Join(folder, logFile)), "\x1b") {
		t.Error("the log holds an escape")
	}
}

// Saving that fails again and again is said at length once, then counted.
func TestFailedSavesAreCounted(t *testing.T) {
	var h heard
	s, folder := tiny(2), filepath.Join(t.TempDir(), "run")
	s.Run.CheckpointEvery = 2
	o := Options{Settings: s, Folder: folder, Device: openDevice(t), Notices: &h, EvaluateEvery: 1}
	o.Evaluate = func(_ context.Context, r *Run) error { // after the saves of steps 2, 4 and 6
		if r.Step() == 6 {
			return os.Remove(filepath.Join(folder, weights.CheckpointsFolder))
		}
		return nil
	}
	r, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, weights.CheckpointsFolder), "a file where the folder should be")
	if err := errors.Join(r.Train(t.Context()), r.Close()); err != nil {
		t.Fatal(err)
	}
	long, short := 0, 0
	for _, sentence := range h.said {
		if strings.Contains(sentence, "Training goes on") {
			long++
		}
		if strings.Contains(sentence, "saving failed again after step") {
			short++
		}
	}
	if long != 1 || short != 2 || !h.holds("saving failed again after step 6, 3 times so far") {
		t.Errorf("said at length %d times, counted %d times: %q", long, short, h.said)
	}
}

// A teacher's file that cannot be written is an error that says that nothing is lost.
func TestTeacherThatCannotBeWritten(t *testing.T) {
	d := openDevice(t)
	folder, s := begunRun(t, d, 2)
	teacher := filepath.Join(folder, weights.TeacherFile)
	if err := os.Remove(teacher); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(teacher, "file"), "") // a folder where the file should be
	s.Run.MaxSteps = 3
	resume := func() (*Run, error) { return Resume(t.Context(), folder, Options{Settings: s, Device: d}) }
	if err := trained(t, resume); err == nil || errors.Is(err, ErrStopped) || !strings.Contains(err.Error(), "The checkpoint of step 3 is saved") {
		t.Errorf("%v", err)
	}
	if err := os.RemoveAll(teacher); err != nil {
		t.Fatal(err)
	}
	if err := trained(t, resume); !errors.Is(err, ErrStopped) {
		t.Error(err)
	}
	if _, err := os.Stat(teacher); err != nil {
		t.Error(err)
	}
}
