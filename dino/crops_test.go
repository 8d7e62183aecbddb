package dino

import (
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/gpu"
)

// Crops lie side by side in one tensor: one that is too short would move those behind it.
func TestABatchOfOtherSizesIsRefused(t *testing.T) {
	c := tinyConfig()
	tr, err := Record(c, gpu.SoftwareTarget, 1, Options{Crops: cropsTogether})
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
