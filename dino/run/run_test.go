package run

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// openDevice opens the adapter that all tests of a package take.
func openDevice(t *testing.T) *gpu.Device {
	t.Helper()
	d, err := gpu.Open(os.Getenv("DINOGPU_ADAPTER"))
	if err != nil {
		t.Fatalf("no adapter to test on: %v", err)
	}
	t.Cleanup(d.Close)
	return d
}

// tiny is a run of milliseconds: 6 steps per epoch.
func tiny(epochs int) settings.Settings {
	s, err := settings.FromPreset("demo")
	if err != nil {
		panic(err)
	}
	c := &s.Config
	c.Limit, c.BatchSize, c.Epochs, c.Depth, c.LocalCropsNumber, c.NumWorkers = 24, 4, epochs, 1, 1, 1
	c.OutDim, c.HeadHidden, c.HeadBottleneck, c.WarmupEpochs, c.FreezeLastLayer = 24, 16, 8, 0, 0
	s.Run.Tune, s.Run.KNNEvery = false, 0
	return s
}

// heard keeps what it is told.
type heard struct {
	said     []string
	steps    []dino.StepMetrics
	measured []int
}

func (h *heard) Say(sentence string)      { h.said = append(h.said, sentence) }
func (h *heard) Status(string)            {}
func (h *heard) Step(m dino.StepMetrics)  { h.steps = append(h.steps, m) }
func (h *heard) Measured(step int, _ any) { h.measured = append(h.measured, step) }
func (h *heard) holds(sentence string) bool {
	return slices.ContainsFunc(h.said, func(s string) bool { return strings.Contains(s, sentence) })
}

// trained makes a run and carries it out.
func trained(t *testing.T, make func() (*Run, error)) error {
	t.Helper()
	r, err := make()
	if err != nil {
		t.Fatal(err)
	}
	err = r.Train(t.Context())
	if closing := r.Close(); closing != nil {
		t.Fatal(closing)
	}
	return err
}

// newest reads a run's newest checkpoint.
func newest(t *testing.T, folder string) (weights.Header, []layers.HostTensor) {
	t.Helper()
	h, tensors, err := weights.NewestCheckpoint(folder, func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	return h, tensors
}

// A run that was stopped and resumed has the weights of one that never stopped, to the bit, and its files are whole.
func TestResumedIsNeverStopped(t *testing.T) {
	d := openDevice(t)
	whole, parts := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "parts")
	if err := trained(t, func() (*Run, error) { return New(t.Context(), Options{Settings: tiny(2), Folder: whole, Device: d}) }); err != nil {
		t.Fatal(err)
	}
	s := tiny(2)
	s.Run.MaxSteps = 5
	var h heard
	err := trained(t, func() (*Run, error) {
		return New(t.Context(), Options{Settings: s, Folder: parts, Device: d, Notices: &h, Program: "test 1\nthe second line"})
	})
	var stopped *Stopped
	if !errors.As(err, &stopped) || !errors.Is(err, ErrStopped) || stopped.Step != 5 || stopped.Total != 12 || stopped.Reason != MaxSteps {
		t.Fatalf("stopped by %v", err)
	}
	if len(h.steps) != 5 || h.steps[4].Step != 5 || !h.holds("run folder "+parts) || !h.holds("24 images, 6 steps per epoch") || !h.holds("learning rate 3.125e-05 = lr 0.002 x batch 4 x accumulate 1 / 256") {
		t.Errorf("heard %d steps and %q", len(h.steps), h.said)
	}
	if err := trained(t, func() (*Run, error) { return Resume(t.Context(), parts, Options{Device: d}) }); err != nil {
		t.Fatal(err)
	}
	_, want := newest(t, whole)
	_, got := newest(t, parts)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("the resumed run's state differs")
	}
	metrics := read(t, filepath.Join(parts, metricsFile))
	if n := strings.Count(metrics, "\n"); n != 12 {
		t.Errorf("%d lines of metrics, want 12", n)
	}
	log := read(t, filepath.Join(parts, logFile))
	for _, want := range []string{"Z test 1\n", "Z the second line\n", "stopped; everything is saved after step 5 of 12", "going on with " + parts + " after step 5", "step 12/12", "Z crops together: a step takes "} {
		if !strings.Contains(log, want) {
			t.Errorf("train.log lacks %q:\n%s", want, log)
		}
	}
	for name, planned := range map[string]uint64{
		filepath.Join(weights.CheckpointsFolder, weights.CheckpointName(12)): weights.CheckpointBytes(want), weights.TeacherFile: weights.TeacherBytes(want),
	} {
		info, err := os.Stat(filepath.Join(parts, name))
		if err != nil {
			t.Fatal(err)
		}
		if took := uint64(info.Size()); took > planned || planned > 2*took+1<<15 {
			t.Errorf("%s takes %d bytes, %d were planned", name, took, planned)
		}
	}
}

// What is refused leaves no folder, and says what is wrong in a type.
func TestRefusedRunsLeaveNothing(t *testing.T) {
	d := openDevice(t)
	folder := filepath.Join(t.TempDir(), "run")
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	few, large, lost := tiny(1), tiny(1), tiny(1)
	few.Config.BatchSize = 25
	large.Config.OutDim, large.Config.HeadBottleneck = 1<<23, 256
	lost.Config.Data = settings.Paths(filepath.Join(t.TempDir(), "none"))
	var limit *gpu.LimitError
	for name, c := range map[string]struct {
		ctx  context.Context
		s    settings.Settings
		want func(error) bool
	}{
		"stopped":        {stopped, tiny(1), func(err error) bool { return errors.Is(err, ErrNotBegun) }},
		"too few images": {t.Context(), few, func(err error) bool { return strings.Contains(err.Error(), "24 images") }},
		"no images":      {t.Context(), lost, func(err error) bool { return strings.Contains(err.Error(), "none") }},
		"past a limit":   {t.Context(), large, func(err error) bool { return errors.As(err, &limit) }},
	} {
		if _, err := New(c.ctx, Options{Settings: c.s, Folder: folder, Device: d}); err == nil || !c.want(err) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(folder); err == nil {
			t.Fatalf("%s: a folder was made", name)
		}
	}
	if err := os.MkdirAll(filepath.Join(folder, "files"), 0o777); err != nil {
		t.Fatal(err)
	}
	var exists *ExistsError
	if _, err := New(t.Context(), Options{Settings: tiny(1), Folder: folder, Device: d}); !errors.As(err, &exists) || exists.Free != folder+"-2" {
		t.Errorf("a folder with files: %v", err)
	}
}

// A resume that is refused changes no byte of the folder.
func TestRefusedResumeChangesNothing(t *testing.T) {
	d := openDevice(t)
	folder := filepath.Join(t.TempDir(), "run")
	s := tiny(2)
	s.Run.MaxSteps, s.Run.CheckpointEvery = 5, 2
	_ = trained(t, func() (*Run, error) { return New(t.Context(), Options{Settings: s, Folder: folder, Device: d}) })
	before := allOf(t, folder)
	other, resumed := s, s
	other.Config.LR *= 2
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	var changed *settings.ChangedError
	var others *OtherImagesError
	if _, err := Resume(t.Context(), folder, Options{Settings: other, Device: d}); !errors.As(err, &changed) || changed.Key != "lr" {
		t.Errorf("another rate: %v", err)
	}
	src, err := OpenImages(tiny(1).Config)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Resume(t.Context(), folder, Options{Settings: resumed, Device: d, Images: renamed{src}}); !errors.As(err, &others) || others.Folder != folder || !strings.Contains(err.Error(), "holds other images") {
		t.Errorf("other images: %v", err)
	}
	if _, err := Resume(stopped, folder, Options{Device: d}); !errors.Is(err, ErrNotBegun) {
		t.Errorf("stopped: %v", err)
	}
	if diff := cmp.Diff(before, allOf(t, folder)); diff != "" {
		t.Errorf("the folder changed: %s", diff)
	}
}

// Evaluations come at the end of their epochs and of the run, a stop within one is made up for, and nothing is asked
// twice.
func TestEvaluations(t *testing.T) {
	d := openDevice(t)
	folder := filepath.Join(t.TempDir(), "run")
	var asked []int
	ctx, cancel := context.WithCancel(t.Context())
	o := Options{Settings: tiny(5), Folder: folder, Device: d, EvaluateEvery: 2, Evaluate: func(_ context.Context, r *Run) error {
		asked = append(asked, r.Step())
		if r.Step() == 24 && ctx.Err() == nil {
			cancel()
			return nil
		}
		r.Measured(EvalMetrics{Step: r.Step(), KNNTeacher: 1})
		return nil
	}}
	r, err := New(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(r.Train(ctx), r.Close()); !errors.Is(err, ErrStopped) || !slices.Equal(asked, []int{12, 24}) {
		t.Fatalf("%v, asked after %v", err, asked)
	}
	if err := trained(t, func() (*Run, error) { return Resume(t.Context(), folder, o) }); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(asked, []int{12, 24, 24, 30}) {
		t.Errorf("asked after %v", asked)
	}
	if n := strings.Count(read(t, filepath.Join(folder, metricsFile)), "knn_teacher"); n != 3 {
		t.Errorf("%d evaluations in the metrics, want 3", n)
	}
}

// A full disk is played by the question for free space: the command's TestFileLimit has a real one.
func TestFullDisk(t *testing.T) {
	d := openDevice(t)
	whole, folder := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "run")
	if err := trained(t, func() (*Run, error) { return New(t.Context(), Options{Settings: tiny(2), Folder: whole, Device: d}) }); err != nil {
		t.Fatal(err)
	}
	free := uint64(10 << 10)
	after := 0 // questions that find room
	freeSpace = func(string) (uint64, bool) {
		after--
		if after < 0 {
			return free, true
		}
		return 1 << 40, true
	}
	t.Cleanup(func() { freeSpace = disk.Free })

	// No room from the start: no run, no folder.
	var full *DiskError
	if _, err := New(t.Context(), Options{Settings: tiny(2), Folder: folder, Device: d}); !errors.As(err, &full) || full.Free != 10<<10 {
		t.Fatalf("without room: %v", err)
	}
	if _, err := os.Stat(folder); err == nil {
		t.Fatal("a run folder was made")
	}
	// Full after the start and two saves: the run goes on, and says in the end what is lost.
	after = 3
	s := tiny(2)
	s.Run.CheckpointEvery, s.Run.MaxSteps = 2, 9
	var h heard
	err := trained(t, func() (*Run, error) {
		return New(t.Context(), Options{Settings: s, Folder: folder, Device: d, Notices: &h})
	})
	if err == nil || errors.Is(err, ErrStopped) || !strings.Contains(err.Error(), "step 9 could not be saved") || !strings.Contains(err.Error(), "the newest checkpoint is that of step 4") {
		t.Errorf("a full disk: %v", err)
	}
	if !h.holds("Training goes on") || len(h.steps) != 9 {
		t.Errorf("%d steps, said %q", len(h.steps), h.said)
	}
	if at, _ := newest(t, folder); at.Step != 4 {
		t.Errorf("the newest checkpoint is of step %d, want 4", at.Step)
	}
	// Room again.
	free = 1 << 40
	if err := trained(t, func() (*Run, error) { return Resume(t.Context(), folder, Options{Device: d}) }); err != nil {
		t.Fatal(err)
	}
	_, want := newest(t, whole)
	if _, got := newest(t, folder); !cmp.Equal(want, got) {
		t.Error("the run differs from one with room")
	}
}

// The newest are kept, and one every few epochs for ever.
func TestTooMany(t *testing.T) {
	for _, c := range []struct {
		keep, freq int
		there      []int // newest first
		want       []int
	}{
		{2, 0, []int{12, 10, 8, 6}, []int{8, 6}},
		{0, 0, []int{12, 10}, []int{10}},
		{2, 1, []int{13, 12, 10, 8, 6}, []int{10, 8}},
		{1, 2, []int{14, 12, 6}, []int{6}},
		{3, 1, []int{3}, nil},
	} {
		var paths, want []string
		for _, step := range c.there {
			paths = append(paths, filepath.Join("x", weights.CheckpointName(step)))
		}
		for _, step := range c.want {
			want = append(want, filepath.Join("x", weights.CheckpointName(step)))
		}
		if got := tooMany(paths, settings.Run{Keep: c.keep, SaveckpFreq: c.freq}, 6, c.there[0]); !slices.Equal(got, want) {
			t.Errorf("keep %d, for ever every %d epochs: %v go, want %v", c.keep, c.freq, got, want)
		}
	}
}

// What a run takes on the disk: as many checkpoints as there are at once.
func TestNeed(t *testing.T) {
	for _, c := range []struct {
		run     settings.Run
		epochs  int
		there   int
		copies  int
		forEver int
	}{
		{settings.Run{Keep: 2}, 100, 0, 3, 0},
		{settings.Run{Keep: 2}, 1, 0, 1, 0},
		{settings.Run{Keep: 2, CheckpointEvery: 5}, 1, 0, 2, 0},
		{settings.Run{Keep: 2, SaveckpFreq: 20}, 100, 2, 1, 5},
	} {
		n := needOf(c.run, settings.Config{Epochs: c.epochs}, nil, 6, c.there)
		if n.copies != c.copies || n.forEver != c.forEver {
			t.Errorf("%+v: %d copies and %d for ever, want %d and %d", c.run, n.copies, n.forEver, c.copies, c.forEver)
		}
	}
}

// max_time stops in good order.
func TestMaxTime(t *testing.T) {
	s := tiny(2)
	s.Run.MaxTime = time.Nanosecond
	var stopped *Stopped
	if err := trained(t, func() (*Run, error) {
		return New(t.Context(), Options{Settings: s, Folder: filepath.Join(t.TempDir(), "run")})
	}); !errors.As(err, &stopped) || stopped.Reason != MaxTime || stopped.Step != 0 {
		t.Errorf("stopped by %v", err)
	}
}

// AtStop is called after max_steps, when the run is saved, and not when the run is canceled or trained to its end.
func TestAtStop(t *testing.T) {
	d := openDevice(t)
	folder := filepath.Join(t.TempDir(), "run")
	var stops []int
	o := Options{Settings: tiny(1), Folder: folder, Device: d, AtStop: func(_ context.Context, r *Run) {
		if h, _ := newest(t, folder); h.Step != r.Step() {
			t.Errorf("after step %d the newest checkpoint is that of step %d", r.Step(), h.Step)
		}
		if center, err := r.Center(); err != nil || len(center) != 24 || r.Images().Len() != 24 {
			t.Errorf("a center of %d, %d images, %v", len(center), r.Images().Len(), err)
		}
		stops = append(stops, r.Step())
	}}
	o.Settings.Run.MaxSteps = 2
	var stopped *Stopped
	if err := trained(t, func() (*Run, error) { return New(t.Context(), o) }); !errors.As(err, &stopped) || stopped.Reason != MaxSteps {
		t.Fatalf("stopped by %v", err)
	}
	if !slices.Equal(stops, []int{2}) {
		t.Errorf("called after steps %v", stops)
	}
	r, err := Resume(t.Context(), folder, Options{Device: d, AtStop: o.AtStop})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Train(ctx); !errors.As(err, &stopped) || stopped.Reason != Canceled {
		t.Errorf("canceled: %v", err)
	}
	r.settings.Run.MaxSteps = 0
	if err := r.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(stops) != 1 {
		t.Errorf("called after steps %v, want only after 2", stops)
	}
}
