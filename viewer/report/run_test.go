package report

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
)

func TestMetricsTakeWhatALineMayBe(t *testing.T) {
	m := newMetrics(nil, 0)
	for _, line := range []string{
		`{"step":1,"epoch":0,"loss":5.5,"entropy":null,"method":"dino"}`,
		`{"step":2,"epoch":0,"loss":NaN,"entropy":2}`,
		`{"step":3,"epoch":1,"entropy":3}`,
		"", "\r", "  ",
		`{"step":4,"epoch":1,"loss":5e-1,"entropy":4}` + "\r",
		`{"step":4,"knn_teacher":51.25,"knn_student":50}`,
		`{"loss":1}`, `{"step":-1,"loss":1}`, `{"step":1.5,"loss":1}`, `{"step":"7","loss":1}`, `{"step":1e300,"loss":1}`, `[1]`, `x`, `{"step":9,"loss"`,
	} {
		m.take([]byte(line))
	}
	if m.steps != 4 || m.epoch != 1 || m.perEpoch != 2 || m.passed != 8 {
		t.Errorf("steps %d, epoch %d, %d an epoch, %d passed over", m.steps, m.epoch, m.perEpoch, m.passed)
	}
	loss, entropy := m.of("loss"), m.of("entropy")
	if len(loss.buckets) != 3 || loss.buckets[1].n != 0 || loss.last != (point{4, 0.5}) || len(parts(loss)) != 2 {
		t.Errorf("loss %+v", loss)
	}
	if len(entropy.buckets) != 4 || entropy.buckets[0].n != 0 || entropy.last != (point{4, 4}) {
		t.Errorf("entropy %+v", entropy)
	}
	if m.of("method") != nil || m.of("step") != nil || m.of("epoch") != nil || m.of("knn_teacher").last != (point{4, 51.25}) {
		t.Error("which numbers there are")
	}
}

// The same monitor as the trainer's judges the page's numbers.
func TestCollapseIsSaid(t *testing.T) {
	lnK := math.Log(512)
	folder := newRun(t, "soft", nil, steps(1, 25, 6, 5), steps(26, 200, lnK, lnK))
	r := mustOpen(t, folder)
	if got := r.alert(); !strings.Contains(got, "This run collapsed") || !strings.Contains(got, "Step 125: collapse to uniform targets") {
		t.Errorf("in a collapse: %q", got)
	}
	if page := pageOf(t, r); !strings.Contains(page, `role="alert">This run collapsed`) || !strings.Contains(page, "<code>lr</code> 0.001") {
		t.Error("the page does not say so")
	}
	add(t, filepath.Join(folder, metricsFile), steps(201, 400, 5, 3))
	if !refresh(t, r) || !strings.Contains(r.alert(), "recovered: step ") {
		t.Errorf("after it: %q", r.alert())
	}
	if r := mustOpen(t, newRun(t, "well", nil, steps(1, 400, 5, 3))); r.alert() != "" {
		t.Errorf("a run that is well: %q", r.alert())
	}
}

func TestStateAndWords(t *testing.T) {
	folder := newRun(t, "a", func(s *settings.Settings) { s.Config.Epochs, s.Config.FreezeLastLayer = 8, 2 }, steps(1, 100, 5, 3))
	log := filepath.Join(folder, logFile)
	write(t, log, `2026-11-25T14:05:08.233Z adapter 0: Some GPU <7>, vulkan, driver 1
no time
2026-11-25T14:05:08.724Z 400 images, 25 steps per epoch, 82432 parameters
2026-11-25T14:05:08.724Z advice: set --epochs 20
`)
	r := mustOpen(t, folder)
	if got, want := r.state(), "Step 100 of 200, epoch 4 of 8; its log's last line is of 2026-11-25 14:05:08 UTC"; got != want {
		t.Errorf("state %q", got)
	}
	page := pageOf(t, r)
	for _, want := range []string{"on Some GPU &lt;7&gt;, vulkan, driver 1", "set --epochs 20", "The last layer was frozen up to step 50", "ln K is 6.238"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not hold %q", want)
		}
	}
	add(t, log, "2026-11-25T14:06:00.000Z stopped; everything is saved after step 100 of 200\n")
	if refresh(t, r); r.state() != "Stopped at step 100 of 200, epoch 4 of 8" {
		t.Errorf("stopped: %q", r.state())
	}
	if strings.Contains(pageOf(t, r), "is usual for DINO") {
		t.Error("a run that is not over is said to end where it began")
	}
	add(t, filepath.Join(folder, metricsFile), steps(101, 200, 5, 3))
	if refresh(t, r); r.state() != "Trained to its end: 200 steps, 8 epochs" {
		t.Errorf("at the end: %q", r.state())
	}
	if !strings.Contains(pageOf(t, r), "The loss was 5 in the first 10 steps and is 5 in the last 10. ln K is 6.238. A loss that ends where it began, or higher, is usual for DINO") {
		t.Errorf("what the loss means: %q", r.remarks())
	}
}

func TestSettingsThatDiffer(t *testing.T) {
	a := mustOpen(t, newRun(t, "a", func(s *settings.Settings) { s.Config.LR = 0.25 }))
	b := mustOpen(t, newRun(t, "b", func(s *settings.Settings) { s.Config.Seed = 7 }))
	cells := map[string][]cell{}
	for _, row := range changes([]*Run{a, b}) {
		cells[row.Name] = row.Cells
	}
	if len(cells) != 3 || cells["preset"][0].Text != "demo" ||
		cells["lr"][0] != (cell{Text: "0.25", More: "preset: 0.002"}) || cells["lr"][1] != (cell{Text: "0.002"}) ||
		cells["seed"][0] != (cell{Text: "0"}) || cells["seed"][1] != (cell{Text: "7", More: "preset: 0"}) {
		t.Errorf("settings %v", cells)
	}
}

// A folder of an earlier program, one with a damaged config.yaml, and one that has nothing yet.
func TestFoldersAsTheyAre(t *testing.T) {
	early := mustOpen(t, filepath.Join("..", "..", "testdata", "run", "begun"))
	if early.state() != "Stopped at step 5 of 12, epoch 1 of 2" || !strings.HasPrefix(early.log.device, "llvmpipe") {
		t.Errorf("an earlier program's: %q, %q", early.state(), early.log.device)
	}
	folder := newRun(t, "damaged", nil, step(1, 5, 3))
	write(t, filepath.Join(folder, settings.FileName), "lr: [\n")
	r := mustOpen(t, folder)
	if page := pageOf(t, r); !strings.Contains(page, "config.yaml") || !strings.Contains(page, `<data value="5">`) {
		t.Error("a damaged config.yaml is not said, or hides the rest")
	}
	if err := os.Remove(filepath.Join(folder, metricsFile)); err != nil {
		t.Fatal(err)
	}
	if !refresh(t, r) || r.state() != "No step is done yet" {
		t.Errorf("without metrics: %q", r.state())
	}
	pageOf(t, r)
	if _, err := Open(context.Background(), t.TempDir()); err == nil || !strings.Contains(err.Error(), "config.yaml") {
		t.Errorf("a folder that is no run: %v", err)
	}
}

// A config.yaml that changes, as when a run goes on for longer, has the metrics judged anew.
func TestSettingsMayChange(t *testing.T) {
	folder := newRun(t, "a", nil, steps(1, 50, 5, 3))
	r := mustOpen(t, folder)
	if r.total() != 200 || refresh(t, r) {
		t.Errorf("%d steps, or a change where there is none", r.total())
	}
	s := *r.settings
	s.Config.Epochs = 10
	write(t, filepath.Join(folder, settings.FileName), "# one\n\n"+string(s.YAML())+"\n")
	if !refresh(t, r) || r.total() != 250 || r.metrics.steps != 50 {
		t.Errorf("%d steps of %d", r.metrics.steps, r.total())
	}
}
