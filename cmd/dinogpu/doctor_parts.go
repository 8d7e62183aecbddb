package main

import (
	"maps"
	"time"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// mostDoctor is how long all parts may take together; ends of processes come on top.
const mostDoctor = 570 * time.Second

// softShare of its limit is when a part that can do less ends by itself.
const softShare = 0.8

// doctorSteps is how long the trainings are that are compared.
const doctorSteps = 100

// A doctorPart is one thing that is looked at.
type doctorPart struct {
	name  string
	kind  string // what partKinds has
	limit time.Duration
	spec  partSpec
}

// A partSpec is what a child process is told of its part.
type partSpec struct {
	Kind     string            `json:"kind"`
	Presets  []string          `json:"presets,omitempty"`
	Settings map[string]string `json:"settings,omitempty"` // laid over the presets; texts by their keys
	Seconds  float64           `json:"seconds"`            // after which it does less; 0: what its limit allows
	Steps    int               `json:"steps,omitempty"`    // of a training
	Folder   string            `json:"folder,omitempty"`   // which it may make
	First    bool              `json:"first,omitempty"`    // of two measurements of matmuls: later parts go by it
}

// doctorParts are all parts, of the adapter of that name; empty: the best. Their limits are below 10 minutes together.
func doctorParts(adapter string) []doctorPart {
	both, device := []string{"demo", "vits16"}, map[string]string{"adapter": adapter}
	trained := map[string]string{"adapter": adapter, "images": "false"}
	return []doctorPart{
		{"adapters", "adapters", 20 * time.Second, partSpec{Settings: device}},
		{"tuning", "tuning", 55 * time.Second, partSpec{Settings: device, Presets: both, First: true}},
		{"tuning again", "tuning", 55 * time.Second, partSpec{Settings: device, Presets: both}},
		{"selftest of preset demo", "selftest", 40 * time.Second, partSpec{Settings: device, Presets: both[:1]}},
		{"selftest of preset vits16", "selftest", 105 * time.Second, partSpec{Settings: device, Presets: both[1:]}},
		{"bench of preset demo", "bench", 40 * time.Second, partSpec{Settings: device, Presets: both[:1]}},
		{"bench of preset vits16", "bench", 70 * time.Second, partSpec{Settings: device, Presets: both[1:]}},
		{"training", "training", 70 * time.Second, partSpec{Settings: trained, Presets: both[:1], Steps: doctorSteps}},
		{"training again", "training", 75 * time.Second, partSpec{Settings: trained, Presets: both[:1], Steps: doctorSteps}},
		{"memory of preset vits16", "memory", 40 * time.Second, partSpec{Settings: device, Presets: both[1:]}},
	}
}

// merged are the settings of a preset with the part's laid over them.
func (s partSpec) merged(preset string) (settings.Settings, error) {
	flags := maps.Clone(s.Settings)
	if flags == nil {
		flags = map[string]string{}
	}
	flags["preset"] = preset
	all, err := settings.Sources{Preset: preset, Flags: flags}.Merge()
	if err == nil {
		err = all.Validate()
	}
	return all, err
}
