package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
)

// The batch is halved for a limit, and for no other error.
func TestOnlyALimitHalvesTheBatch(t *testing.T) {
	s, err := settings.FromPreset("demo")
	if err != nil {
		t.Fatal(err)
	}
	s.Config.Heads, s.Config.BatchSize = 7, 64 // no head has a whole size
	var said strings.Builder
	var limit *gpu.LimitError
	if _, err := recordWhatFits(&s, gpu.GPUTarget, &console{w: &said}); err == nil || errors.As(err, &limit) {
		t.Errorf("the error is %v, want one about the heads", err)
	}
	if s.Config.BatchSize != 64 || said.Len() > 0 {
		t.Errorf("the batch is %d, and %q was said", s.Config.BatchSize, &said)
	}
}

// A model that passes a limit with a batch of 1 is told what can be done.
func TestALimitIsToldWithWhatToDo(t *testing.T) {
	s, err := settings.FromPreset("demo")
	if err != nil {
		t.Fatal(err)
	}
	s.Config.OutDim, s.Config.HeadBottleneck, s.Config.BatchSize = 16<<20, 4, 2
	_, err = recordWhatFits(&s, gpu.GPUTarget, &console{w: &strings.Builder{}})
	var limit *gpu.LimitError
	if !errors.As(err, &limit) || !strings.Contains(err.Error(), "`crops` apart") || !strings.Contains(err.Error(), "the limit is") {
		t.Errorf("the error is %v", err)
	}
}
