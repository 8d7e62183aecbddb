package run

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// The metrics of a long run are read line by line: 64 MB of them take no more memory than a few.
func TestLongMetricsTakeLittleMemory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if err := create(t, dir, demoSettings(t)).Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, metricsFile)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	const steps = 300_000
	for step := range steps {
		fmt.Fprintf(w, `{"step":%d,"loss":2.5,"filler":"%s"}`+"\n", step+1, strings.Repeat("x", 180))
	}
	fmt.Fprint(w, strings.Repeat("no line at all ", 1<<20))
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	if err := r.GoOn(demoSettings(t), steps-1); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if took := int64(after.Sys) - int64(before.Sys); took > 16<<20 {
		t.Errorf("it took %d MiB from the system", took>>20)
	}
	last := fmt.Sprintf(`{"step":%d,"loss":2.5,"filler":"%s"}`+"\n", steps-1, strings.Repeat("x", 180))
	if text := read(t, path); strings.Count(text, "\n") != steps-1 || !strings.HasSuffix(text, last) {
		t.Errorf("%d lines are left, the last is %q", strings.Count(text, "\n"), text[max(0, len(text)-300):])
	}
	if !r.Reported(steps-1, "filler") || r.Reported(steps-1, "other") {
		t.Error("what is reported of the step is not known")
	}
}
