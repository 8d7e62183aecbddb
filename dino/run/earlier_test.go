package run

import (
	"bufio"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/dino/weights"
)

// A folder that an earlier program left (testdata/run/README.md) goes on as it would have there: settings, checkpoint,
// metrics and the images' fingerprint are read, and the losses are the same.
func TestAnEarlierRunGoesOn(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "run")
	if err := os.CopyFS(folder, os.DirFS("../../testdata/run/begun")); err != nil {
		t.Fatal(err)
	}
	before, err := weights.Open(folder, weights.Options{Notice: func(err error) { t.Error(err) }})
	if err != nil || before.ViT.Dim != 24 {
		t.Fatalf("%+v, %v", before, err)
	}
	var h heard
	r, err := Resume(t.Context(), folder, Options{Device: openDevice(t), Notices: &h})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	want := losses(t, "../../testdata/run/finished.jsonl")
	got := losses(t, filepath.Join(folder, metricsFile))
	if len(want) != 12 || len(got) != len(want) {
		t.Fatalf("%d losses, want %d", len(got), len(want))
	}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-5*math.Abs(want[i]) {
			t.Errorf("step %d: loss %g, want %g", i+1, got[i], want[i])
		}
	}
}

// losses are those of a metrics.jsonl, by step.
func losses(t *testing.T, path string) []float64 {
	t.Helper()
	var all []float64
	lines := bufio.NewScanner(strings.NewReader(read(t, path)))
	for lines.Scan() {
		var m struct {
			Step int
			Loss float64
		}
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		if all = append(all, m.Loss); m.Step != len(all) {
			t.Fatalf("%s: step %d is line %d", path, m.Step, len(all))
		}
	}
	return all
}
