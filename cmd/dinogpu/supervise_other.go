//go:build !linux

package main

import "os"

// ownProgram is the file that runs.
func ownProgram() (string, error) { return os.Executable() }

// memoryKills is not known.
func memoryKills() int { return 0 }
