package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dinogpu/dinogpu/dino/run"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/testdata/golden"
	"github.com/dinogpu/dinogpu/viewer"
)

// begunRun copies a run's folder with a checkpoint.
func begunRun(t *testing.T, to string) string {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(golden.Path(t, "../run/begun"))); err != nil {
		t.Fatal(err)
	}
	return to
}

// Without a window: the newest run's weights, and files in a named folder.
func TestViewWithoutAWindow(t *testing.T) {
	defer func(show func(*app, viewer.Scene, *gpu.Device) error) { showWindow = show }(showWindow)
	showWindow = nil // as in a build without one
	photo := golden.Path(t, "photo.png")
	t.Chdir(t.TempDir())
	ownCache(t, t.TempDir()) // no weights were pulled
	if o := dinogpu(t, nil, "view", photo); o.code != exitUsage || !strings.Contains(o.stderr, "dinogpu weights pull dino_vits8 fetches") {
		t.Errorf("without weights: %d, %s", o.code, o.stderr)
	}
	begunRun(t, filepath.Join("runs", "a-run"))
	if err := os.WriteFile(filepath.Join("runs", "latest"), []byte("a-run\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := dinogpu(t, nil, "view", photo, "--pca")
	if o.code != exitDone || o.stdout != saveFolder+"\n" || !strings.Contains(o.stderr, "built without a window") ||
		!strings.Contains(o.stderr, filepath.Join("runs", "a-run", "checkpoints", "step-00000005.dino")) {
		t.Fatalf("%d\n%s\n%s", o.code, o.stdout, o.stderr)
	}
	for _, name := range []string{"img.png", "attn-head0.png", "mask_th0.6_head0.png", "attn-mean.png", "attention.npy", "pca.png", "sheet.png"} {
		if info, err := os.Stat(filepath.Join(saveFolder, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestViewRefuses(t *testing.T) {
	dir, photo := begunRun(t, filepath.Join(t.TempDir(), "run")), golden.Path(t, "photo.png")
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"", exitUsage, "<image>"},
		{"no.png --weights RUN", exitUsage, "doesn't exist"},
		{"PHOTO --weights RUN --threshold 1", exitUsage, "--threshold 1 is no share"},
		{"PHOTO --weights RUN --image-size 9000", exitUsage, "--image-size 9000"},
		{"PHOTO --weights RUN --image-size 1", exitUsage, "--image-size 1 are outside"},
		{"PHOTO --weights RUN --image-size 8000", exitFailed, "set --image-size to "},
		{"PHOTO --weights RUN --block 99", exitUsage, "block 99 was asked for"},
		{"PHOTO --weights RUN --head -1", exitUsage, "--block and --head count from 1"},
		{"PHOTO --weights RUN --watch RUN", exitUsage, "give one of them"},
		{"PHOTO --watch no-run", exitUsage, "no folder of a run"},
		{"PHOTO --watch .", exitFailed, "has no checkpoint, and nothing trains there"},
		{"PHOTO --weights RUN --video a.avi", exitFailed, "ends in .gif"},
	} {
		args := []string{"view"}
		for _, a := range strings.Fields(c.args) {
			args = append(args, strings.NewReplacer("RUN", dir, "PHOTO", photo).Replace(a))
		}
		if c.want != "" && !strings.Contains(c.args, "--save") && !strings.Contains(c.args, "--video") {
			args = append(args, "--save", filepath.Join(t.TempDir(), "out"))
		}
		if o := dinogpu(t, nil, args...); o.code != c.code || !strings.Contains(o.stderr, c.want) {
			t.Errorf("%s: %d, %s", c.args, o.code, o.stderr)
		}
	}
}

// A run that trains is followed: files are written again at a newer checkpoint, until it ends.
func TestViewWatches(t *testing.T) {
	dir := begunRun(t, filepath.Join(t.TempDir(), "run"))
	out := filepath.Join(t.TempDir(), "out")
	h, tensors, err := weights.ReadCheckpoint(filepath.Join(dir, weights.CheckpointsFolder, weights.CheckpointName(5)))
	if err != nil {
		t.Fatal(err)
	}
	release := holdRun(t, dir)
	go func() { // another process that trains
		for _, err := os.Stat(filepath.Join(out, "sheet.png")); err != nil; _, err = os.Stat(filepath.Join(out, "sheet.png")) {
			time.Sleep(10 * time.Millisecond)
		}
		h.Step = 9
		if err := weights.WriteCheckpoint(filepath.Join(dir, weights.CheckpointsFolder, weights.CheckpointName(9)), h, tensors); err != nil {
			t.Error(err)
		}
		release()
	}()
	o := dinogpu(t, nil, "view", golden.Path(t, "photo.png"), "--watch", dir, "--save", out)
	if o.code != exitDone || strings.Count(o.stdout, out) != 2 || !strings.Contains(o.stderr, "step-00000009.dino") || !strings.Contains(o.stderr, "nothing trains in") {
		t.Errorf("%d\n%s\n%s", o.code, o.stdout, o.stderr)
	}
}

// Ctrl-C while nothing new comes ends it as stopped.
func TestViewWatchIsStopped(t *testing.T) {
	dir := begunRun(t, filepath.Join(t.TempDir(), "run"))
	defer holdRun(t, dir)()
	out := filepath.Join(t.TempDir(), "out")
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go func() {
		for _, err := os.Stat(filepath.Join(out, "sheet.png")); err != nil; _, err = os.Stat(filepath.Join(out, "sheet.png")) {
			time.Sleep(10 * time.Millisecond)
		}
		stop()
	}()
	var stdout, stderr bytes.Buffer
	a := &app{ctx: ctx, stdout: &stdout, console: &console{w: &stderr, width: func() int { return 80 }, now: time.Now}, env: os.LookupEnv, now: time.Now}
	if code := execute(a, []string{"view", golden.Path(t, "photo.png"), "--watch", dir, "--save", out}); code != exitStopped {
		t.Errorf("%d\n%s", code, &stderr)
	}
}

// holdRun holds a run's folder as a process does that trains, until release.
func holdRun(t *testing.T, path string) (release func()) {
	t.Helper()
	folder, err := run.OpenFolder(path)
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := folder.Close(); err != nil {
			t.Error(err)
		}
	}
}
