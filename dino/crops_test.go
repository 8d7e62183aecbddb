package dino

import (
	"errors"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
)

// Crops lie side by side in one tensor: one that is too short would move those behind it.
func TestABatchOfOtherSizesIsRefused(t *testing.T) {
	c := tinyConfig()
	tr, err := Record(c, gpu.SoftwareTarget, 1, Options{Crops: settings.CropsTogether})
	if err != nil {
		t.Fatal(err)
	}
	b := &augment.Batch{N: 4}
	for range c.Crops() {
		b.Views = append(b.Views, make([]byte, c.BatchSize*c.GlobalCropsSize*c.GlobalCropsSize*3))
	}
	b.Views[1] = b.Views[1][3:]
	if err := tr.uploadBatch(b); err == nil || !strings.Contains(err.Error(), "batch 4 has 7566 bytes for crop 1, 7569 are needed") {
		t.Errorf("the error is %v", err)
	}
}

// auto passes over what does not fit a limit, and over nothing else.
func TestAutoGoesOnOnlyWhereALimitIsPassed(t *testing.T) {
	record := func(c Config, crops settings.Crops) (*Trainer, error) {
		return Record(c, gpu.GPUTarget, 1, Options{Crops: crops})
	}
	var limit *gpu.LimitError
	large := tinyConfig()
	large.BatchSize = 8000
	if _, err := record(large, settings.CropsTogether); !errors.As(err, &limit) {
		t.Fatalf("batch %d together gives %v, want a LimitError", large.BatchSize, err)
	}
	tr, err := record(large, "auto")
	if err != nil {
		t.Fatal(err)
	}
	if mode := tr.Crops(); mode == settings.CropsTogether {
		t.Errorf("auto runs crops %s, which does not fit", mode)
	}
	large.BatchSize = 1 << 20
	if _, err := record(large, "auto"); !errors.As(err, &limit) {
		t.Errorf("batch %d gives %v, want a LimitError", large.BatchSize, err)
	}

	wrong := tinyConfig()
	wrong.Heads = 4 // of size 6, which attention does not take
	_, together := record(wrong, settings.CropsTogether)
	_, apart := record(wrong, settings.CropsApart)
	_, auto := record(wrong, "auto")
	if together == nil || apart == nil || together.Error() == apart.Error() {
		t.Fatalf("together gives %v and apart %v: these cannot be told apart", together, apart)
	}
	if auto == nil || auto.Error() != together.Error() {
		t.Errorf("auto gives %v, want that of what it tried first: %v", auto, together)
	}
}
