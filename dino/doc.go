// Package dino is the method: self-distillation with no labels (Caron et al. 2021, arXiv 2104.14294). A [Trainer] holds
// student, teacher, center and optimizer, and its Step is the paper's Algorithm 1, which step.go tells in order. A
// [Backbone] runs frozen weights for whoever looks at what was learned.
//
// To train from a program, begin with package dino/run, which adds a folder, checkpoints and images; to change the
// method, with step.go.
package dino

import "github.com/dinogpu/dinogpu/dino/settings"

// Config is every number that changes what is learned.
type Config = settings.Config
