package main

import (
	"github.com/dinogpu/dinogpu/gpu"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// situationOf looks at what preset auto chooses by: how many pictures there
// are, and whether the adapter is software. Pictures that cannot be read and
// an adapter that is not there are the run's to report. A plan looks at no
// adapter: see planTarget.
func (f *settingsFlags) situationOf(s settings.Settings, plan bool) settings.AutoInput {
	at := settings.AutoInput{Pictures: settings.AssumedPictures, Assumed: true}
	if s.Config.Data != "" {
		if pictures, err := f.openImages(s); err == nil {
			at.Pictures, at.Assumed = pictures.Len(), false
		}
	}
	if plan {
		at.Software = planTarget(s.Run.Matmul).Software
	} else if adapter, err := gpu.Find(s.Run.Adapter); err == nil {
		at.Software = adapter.Software
	}
	return at
}

// advise says where a run's settings do not suit its pictures.
func advise(s settings.Settings, at settings.AutoInput, console *console) {
	for _, sentence := range settings.Advise(s, at) {
		console.Print("advice: %s", sentence)
	}
}
