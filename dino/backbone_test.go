package dino

import (
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// The batch keeps every tensor small, and is never less than one picture.
func TestBackboneBatch(t *testing.T) {
	c := settings.DefaultConfig()
	if n := BackboneBatch(c.ViT(), 224); n != 27 {
		t.Errorf("vit_small of 224 pixels: %d", n)
	}
	if n := BackboneBatch(c.ViT(), 8000); n != 1 {
		t.Errorf("8000 pixels: %d", n)
	}
	if n := BackboneBatch(tinyConfig().ViT(), 29); n != 128 {
		t.Errorf("a tiny model: %d", n)
	}
}
