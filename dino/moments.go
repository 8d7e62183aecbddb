package dino

import (
	"fmt"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// moments is how many moments of each weight the optimizer keeps.
func moments(c settings.Config) int {
	if c.Optimizer == settings.AdamW {
		return 2
	}
	return 1 // momentum
}

// momentName is the role of the optimizer's i-th moment, in memory and in checkpoints.
func momentName(i int) string { return fmt.Sprintf("moment%d", i+1) }
