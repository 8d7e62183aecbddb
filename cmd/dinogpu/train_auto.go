package main

import (
	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/gpu"
)

// situationOf looks at what preset auto chooses by: how many pictures there
// are, and whether the adapter is software. Pictures that cannot be read and
// an adapter that is not there are the run's to report. A plan looks at no
// adapter: it is for a GPU unless --matmul says texel.
func situationOf(s dino.Settings, plan bool) dino.Situation {
	at := dino.Situation{Pictures: dino.AssumedPictures, Assumed: true}
	if s.Config.Data != "" {
		if pictures, err := openPictures(s.Config); err == nil {
			at.Pictures, at.Assumed = pictures.Len(), false
		}
	}
	if plan {
		at.Software = s.Run.Matmul == string(gpu.Texel)
	} else if adapter, err := gpu.Find(s.Run.Adapter); err == nil {
		at.Software = adapter.Software
	}
	return at
}

// advise says where a run's settings do not suit its pictures.
func advise(s dino.Settings, at dino.Situation, console *console) {
	for _, sentence := range dino.Advise(s, at) {
		console.Print("advice: %s", sentence)
	}
}
