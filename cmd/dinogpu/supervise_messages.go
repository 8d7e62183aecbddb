package main

import "time"

// A message is what a training process tells the one that watches it, as a line of JSON.
type message struct {
	Is messageKind `json:"is"`

	// planned
	Setup    memorySetup   `json:"setup,omitzero"`
	MaxSteps int           `json:"max_steps,omitempty"`
	MaxTime  time.Duration `json:"max_time,omitempty"`

	Folder string `json:"folder,omitempty"` // begun, stepping: the run's, which may have been renamed
	Step   int    `json:"step,omitempty"`   // begun: after which it goes on; 0: it is new, or starts again
	Apart  bool   `json:"apart,omitempty"`  // begun, ended for want of memory: each crop goes through the student by itself
	On     bool   `json:"on,omitempty"`     // stepping: the next step is due

	// ended
	Code  int       `json:"code,omitempty"`
	Kind  deathKind `json:"kind,omitempty"`  // of an end that another process may make good; empty: none may
	Words string    `json:"words,omitempty"` // of the error, where there is a kind: it was not printed
}

type messageKind string

const (
	planned  messageKind = "planned"  // the settings are known
	begun    messageKind = "begun"    // the run has its folder
	stepped  messageKind = "stepped"  // a step's metrics are there
	stepping messageKind = "stepping" // steps follow each other from now on, or something else comes first
	ended    messageKind = "ended"    // the process is about to exit, by itself
)
