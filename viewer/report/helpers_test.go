package report

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// newRun makes a run's folder with the demo's settings, changed, and lines of metrics.
func newRun(t *testing.T, name string, change func(*settings.Settings), lines ...string) string {
	t.Helper()
	s, err := settings.FromPreset("demo")
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&s)
	}
	folder := filepath.Join(t.TempDir(), name)
	write(t, filepath.Join(folder, settings.FileName), "# Every setting of this run.\n\n"+string(s.YAML()))
	write(t, filepath.Join(folder, metricsFile), strings.Join(lines, ""))
	return folder
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func add(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

func mustOpen(t *testing.T, folder string) *Run {
	t.Helper()
	r, err := Open(context.Background(), folder)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func refresh(t *testing.T, r *Run) (changed bool) {
	t.Helper()
	changed, err := r.Refresh(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

func pageOf(t *testing.T, runs ...*Run) string {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, runs); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// step is a line of metrics; 25 steps make an epoch.
func step(n int, loss, entropy float64) string {
	return fmt.Sprintf(`{"step":%d,"epoch":%d,"loss":%g,"entropy":%g,"kl":%g,"lr":0.001}`+"\n", n, (n-1)/25, loss, entropy, loss-entropy)
}

func steps(from, to int, loss, entropy float64) (lines string) {
	for n := from; n <= to; n++ {
		lines += step(n, loss, entropy)
	}
	return lines
}
