package main

import (
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
)

// situationOf looks at what preset auto chooses by: how many images there
// are, and whether the adapter is software. Images that cannot be read and
// an adapter that is not there are the run's to report. A plan looks at no
// adapter: see plannedTarget.
func (f *settingsFlags) situationOf(s settings.Settings, plan bool) settings.AutoInput {
	at := settings.AutoInput{Images: settings.AssumedImages, Assumed: true}
	if s.Config.Data != "" {
		if images, err := f.openImages(s); err == nil {
			at.Images, at.Assumed = images.Len(), false
		}
	}
	if plan {
		at.Software = plannedTarget(gpu.GPUTarget, s.Run.Matmul).Software
	} else if adapter, err := gpu.Find(s.Run.Adapter); err == nil {
		at.Software = adapter.Software
	}
	return at
}

// advise says where a run's settings do not suit its images.
func advise(s settings.Settings, at settings.AutoInput, console *console) {
	for _, sentence := range settings.Advise(s, at) {
		console.Print("advice: %s", sentence)
	}
}
