package main

import (
	"fmt"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// checkImsize finds a size that no image can have.
func checkImsize(size int) error {
	if size < 0 || size > settings.MaxSide {
		return usageError{fmt.Errorf("--imsize %d is no number of pixels from 1 to %d", size, settings.MaxSide)}
	}
	return nil
}

// fitImsize puts the reference's size, in proportion to the weights' own, where none was asked for, and refuses one below
// a patch.
func (e *evaluation) fitImsize(size *int, reference int) error {
	if *size == 0 {
		*size = e.sizeLike(reference)
	}
	if patch := e.model.ViT.Patch; *size < patch {
		return usageError{fmt.Errorf("--imsize %d is smaller than one patch of %d pixels", *size, patch)}
	}
	return nil
}
