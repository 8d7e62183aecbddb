package explore

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/testdata/golden"
)

// trained is a run's folder with a checkpoint, and what writes one of a later step into it, of other weights.
func trained(t *testing.T) (run string, later func(step int)) {
	t.Helper()
	from := golden.Path(t, "../run/begun")
	run = filepath.Join(t.TempDir(), "run")
	if err := os.CopyFS(run, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	h, tensors, err := weights.ReadCheckpoint(filepath.Join(from, weights.CheckpointsFolder, weights.CheckpointName(5)))
	if err != nil {
		t.Fatal(err)
	}
	return run, func(step int) {
		t.Helper()
		h.Step = step
		for _, x := range tensors {
			if x.Name == "teacher.backbone.pos_embed" {
				for i := range x.Values {
					x.Values[i] += float32(i%7) * 0.3
				}
			}
		}
		if err := weights.WriteCheckpoint(filepath.Join(run, weights.CheckpointsFolder, weights.CheckpointName(step)), h, tensors); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWatcher(t *testing.T) {
	run, later := trained(t)
	w := &Watcher{Run: run}
	first, err := w.Newer()
	if err != nil || first == nil {
		t.Fatalf("%v, %v", first, err)
	}
	if m, err := w.Newer(); m != nil || err != nil {
		t.Errorf("the same again: %v, %v", m, err)
	}
	later(9)
	second, err := w.Newer()
	if err != nil || second == nil || filepath.Base(second.File) != weights.CheckpointName(9) {
		t.Fatalf("%+v, %v", second, err)
	}
	empty := &Watcher{Run: t.TempDir()}
	if m, err := empty.Newer(); m != nil || err != nil {
		t.Errorf("a run without a checkpoint: %v, %v", m, err)
	}
}

// A window's scene that follows a run has work when there is a newer checkpoint, and shows that.
func TestSceneFollowsARun(t *testing.T) {
	run, later := trained(t)
	o := options(t, writeImage(t, filepath.Join(t.TempDir(), "a.png"), 32, 32, 1))
	o.Watch = &Watcher{Run: run}
	var err error
	if o.Model, err = o.Watch.Newer(); err != nil {
		t.Fatal(err)
	}
	o.ImageSize = 4 * o.Model.ViT.Patch
	e := newExplorer(t, o)
	before := page(t, e)
	if e.Pending() {
		t.Error("there is work, and no newer checkpoint")
	}
	later(8)
	e.asked = time.Time{} // a second later
	if !e.Pending() {
		t.Fatal("the newer checkpoint is not noticed")
	}
	if bytes.Equal(page(t, e), before) || filepath.Base(e.net.model.File) != weights.CheckpointName(8) {
		t.Errorf("%s is shown", e.net.model.File)
	}
	if e.Pending() {
		t.Error("there is work left")
	}
	// one that is damaged is said, and what was seen stays
	if err := os.WriteFile(filepath.Join(run, weights.CheckpointsFolder, weights.CheckpointName(9)), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	e.asked = time.Time{}
	for i := 0; e.Pending(); i++ {
		if err := e.Update(context.Background()); err != nil || e.Err() != nil || i > 2 {
			t.Fatalf("%v, %v", err, e.Err())
		}
	}
	if filepath.Base(e.net.model.File) != weights.CheckpointName(8) {
		t.Errorf("%s is shown", e.net.model.File)
	}
}

// Weights of another size are refused, and the old ones stay.
func TestReloadRefusesOtherSizes(t *testing.T) {
	e := newExplorer(t, options(t, writeImage(t, filepath.Join(t.TempDir(), "a.png"), 32, 32, 1)))
	update(t, e)
	before := page(t, e)
	if err := e.Reload(goldenModel(t, "vit.safetensors")); err == nil {
		t.Error("a network of another size was taken")
	}
	if !bytes.Equal(page(t, e), before) {
		t.Error("the page changed")
	}
}
