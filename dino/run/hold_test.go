package run

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dinogpu/dinogpu/gpu"
)

// disturbed trains a run of three epochs and does something to its folder after the first, within an evaluation. It gives
// the folder in which the run says that it ended.
func disturbed(t *testing.T, d *gpu.Device, folder string, h *heard, disturb func() error) string {
	t.Helper()
	r, err := New(t.Context(), Options{
		Settings: tiny(3), Folder: folder, Device: d, Notices: h, EvaluateEvery: 1,
		Evaluate: func(_ context.Context, r *Run) error {
			if r.Step() == 6 {
				return disturb()
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return r.Folder().Path()
}

// A run whose folder was renamed or removed says so, and ends with a whole folder: one that can be resumed, with the
// weights of a run that nobody disturbed and the metrics of all steps.
func TestFolderRenamedOrRemovedWhileTraining(t *testing.T) {
	d := openDevice(t)
	undisturbed := filepath.Join(t.TempDir(), "run")
	if err := trained(t, func() (*Run, error) {
		return New(t.Context(), Options{Settings: tiny(3), Folder: undisturbed, Device: d})
	}); err != nil {
		t.Fatal(err)
	}
	_, want := newest(t, undisturbed)
	renamedTo := "renamed"
	if runtime.GOOS != "linux" {
		renamedTo = "run" // where nothing tells where it went, it is written anew
	}
	for name, c := range map[string]struct {
		disturb func(folder string) error
		said    string
		endsIn  string
	}{
		"renamed": {func(folder string) error {
			return os.Rename(folder, filepath.Join(filepath.Dir(folder), "renamed"))
		}, "was renamed", renamedTo},
		"removed": {os.RemoveAll, "was renamed or removed: the run goes on in a new one", "run"},
		"removed with all above it": {func(folder string) error {
			return os.RemoveAll(filepath.Dir(folder))
		}, "was renamed or removed: the run goes on in a new one", "run"},
		"another's by now": {func(folder string) error {
			if err := os.RemoveAll(folder); err != nil {
				return err
			}
			other, err := CreateFolder(folder, tiny(1), "", noon)
			if err != nil {
				return err
			}
			return other.Close()
		}, "run-2", "run-2"},
		"its lock removed": {func(folder string) error { return os.Remove(filepath.Join(folder, lockName)) }, "", "run"},
		"its metrics, its log and its checkpoints removed": {func(folder string) error {
			for _, name := range []string{metricsFile, logFile, "checkpoints"} {
				if err := os.RemoveAll(filepath.Join(folder, name)); err != nil {
					return err
				}
			}
			return nil
		}, "", "run"},
	} {
		t.Run(name, func(t *testing.T) {
			var h heard
			folder := filepath.Join(t.TempDir(), "runs", "run")
			ended := disturbed(t, d, folder, &h, func() error { return c.disturb(folder) })
			if want := filepath.Join(filepath.Dir(folder), c.endsIn); ended != want {
				t.Errorf("it ends in %s, want %s", ended, want)
			}
			if c.said != "" && !h.holds(c.said) || c.said == "" && h.holds("was renamed") {
				t.Errorf("said %q, want %q", h.said, c.said)
			}
			if _, got := newest(t, ended); !cmp.Equal(want, got) {
				t.Error("the weights differ")
			}
			if n := len(losses(t, filepath.Join(ended, metricsFile))); n != 18 {
				t.Errorf("%d lines of metrics, want 18", n)
			}
			log := read(t, filepath.Join(ended, logFile))
			if !strings.Contains(log, "run folder "+folder) || !strings.Contains(log, "step 18/18") {
				t.Errorf("the log is\n%s", log)
			}
			events := 0
			for _, path := range eventFiles(t, ended) {
				events += len(readEvents(t, []byte(read(t, path))))
			}
			if events != 19 {
				t.Errorf("%d events, want 19", events)
			}
			more := tiny(4)
			if err := trained(t, func() (*Run, error) { return Resume(t.Context(), ended, Options{Settings: more, Device: d}) }); err != nil {
				t.Errorf("it does not go on: %v", err)
			}
		})
	}
}

// Metrics that others cut while the run goes on stay whole lines.
func TestMetricsCutWhileTraining(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "run")
	disturbed(t, openDevice(t), folder, &heard{}, func() error {
		for _, path := range append(eventFiles(t, folder), filepath.Join(folder, metricsFile)) {
			if err := os.Truncate(path, 50); err != nil {
				return err
			}
		}
		return nil
	})
	lines := strings.Split(strings.TrimSuffix(read(t, filepath.Join(folder, metricsFile)), "\n"), "\n")
	if len(lines) != 13 || len(lines[0]) != 50 {
		t.Fatalf("%d lines, the first of %d bytes", len(lines), len(lines[0]))
	}
	for i, line := range lines[1:] {
		if step, ok := stepOf([]byte(line)); !ok || step != float64(i+7) {
			t.Errorf("line %d is %q", i+2, line)
		}
	}
	paths := eventFiles(t, folder)
	if len(paths) != 2 {
		t.Fatalf("events in %v, want a new file behind the one that was cut", paths)
	}
	if events := readEvents(t, []byte(read(t, paths[1]))); len(events) != 13 || events[1].Step != 7 {
		t.Errorf("%d events in the new file", len(events))
	}
}
