package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// A run begins with another's weights, by a plan too; weights that do not fit or are not there are refused before there is
// a folder.
func TestTrainInitFrom(t *testing.T) {
	dir := t.TempDir()
	before, after := filepath.Join(dir, "before"), filepath.Join(dir, "after")
	wantExit(t, dinogpu(t, nil, shortRun(before, "--max-steps", "1")...), exitDone)

	wantExit(t, dinogpu(t, nil, shortRun(after, "--init-from", before, "--depth", "3")...), exitUsage,
		"holds a backbone of width 96, 2 blocks, 3 heads and patches of 7 pixels, and the run's has width 96, 3 blocks",
		"set --dim 96 --depth 2 --heads 3 --patch-size 7, or name other weights with --init-from")
	wantExit(t, dinogpu(t, nil, shortRun(after, "--init-from", filepath.Join(dir, "none"))...), exitFailed, "none")
	for _, args := range [][]string{{"--init-from", filepath.Join(dir, "none")}, {"--init-from", before, "--preset", "vits16"}} {
		if o := dinogpu(t, nil, append([]string{"train", "--dry-run"}, args...)...); o.code == exitDone || o.stdout != "" {
			t.Errorf("a plan of %v: exit %d, %s", args, o.code, o.stdout)
		}
	}
	if _, err := os.Stat(after); err == nil {
		t.Fatal("a folder was made")
	}
	for _, args := range [][]string{nil, {"--preset", "auto"}} {
		c := parseTrain(t, map[string]string{"DINOGPU_INIT_FROM": before}, args...).Settings.Config
		if want := (settings.ModelSize{Dim: 96, Depth: 2, Heads: 3}); c.Size() != want || c.PatchSize != 7 || c.InitFrom != before {
			t.Errorf("%v: a backbone of %+v and patches of %d", args, c.Size(), c.PatchSize)
		}
	}

	o := dinogpu(t, nil, shortRun(after, "--init-from", before, "--head-warmup-epochs", "1", "--out-dim", "64", "--max-steps", "4")...)
	wantExit(t, o, exitDone, "begins with "+before, "only the head trains at first, for 1 epoch", "the head starts fresh: the file's head.last_layer.weight_g is [512 1], and --out-dim 64")
	log, err := os.ReadFile(filepath.Join(after, "train.log"))
	if err != nil || strings.Count(string(log), "the head starts fresh") != 1 {
		t.Errorf("train.log, %v:\n%s", err, log)
	}
	wantExit(t, dinogpu(t, nil, "train", "--resume", after, "--init-from", dir), exitUsage, "--init-from "+dir+" would make it another run")
	if err := os.RemoveAll(before); err != nil {
		t.Fatal(err)
	}
	wantExit(t, dinogpu(t, nil, "train", "--resume", after, "--max-steps", "5"), exitDone, "going on with", "everything is saved after step 5")
}
