// Package dino is the method: self-distillation with no labels (Caron et al. 2021, arXiv 2104.14294).
package dino

import "github.com/dinogpu/dinogpu/dino/settings"

// Config is every number that changes what is learned.
type Config = settings.Config
