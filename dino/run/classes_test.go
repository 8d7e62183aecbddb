package run

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// A supervised run counts the classes of its images, keeps their number, and refuses images without any.
func TestASupervisedRunCountsClasses(t *testing.T) {
	s := demoSettings(t)
	if err := s.TakeMethod(settings.MethodSupervised); err != nil {
		t.Fatal(err)
	}
	s.Config.Limit, s.Config.BatchSize, s.Config.Epochs, s.Config.Dim, s.Config.Depth, s.Config.WarmupEpochs = 16, 4, 1, 24, 1, 0
	s.Run.Tune, s.Run.KNNEvery = false, 0
	folder := filepath.Join(t.TempDir(), "run")
	r, err := New(context.Background(), Options{Settings: s, Folder: folder})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Train(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	stored, err := Open(folder)
	if err != nil || stored.Settings.Config.Classes != 10 {
		t.Errorf("%d classes are kept, the demo has 10 (%v)", stored.Settings.Config.Classes, err)
	}
	s.Config.Classes = 5
	if _, err := New(context.Background(), Options{Settings: s, Folder: folder + "2"}); err == nil || !strings.Contains(err.Error(), "too few: the images have classes 0 to 9") {
		t.Errorf("five of ten classes: %v", err)
	}
}
