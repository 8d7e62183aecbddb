package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/eval"
)

// An embedReport is what embed says at its end. Images are decoded while the device works: what decoding costs is only
// what was waited for.
type embedReport struct {
	Weights   string   `json:"weights"`
	Files     []string `json:"files"`
	Images    int      `json:"images"`   // rows
	LeftOut   int      `json:"left_out"` // of them, those without features
	Dim       int      `json:"dim"`
	ImageSize int      `json:"image_size"`

	Seconds         float64 `json:"seconds"` // all in all, files on the disk
	ImagesPerSecond float64 `json:"images_per_second"`

	WaitedForImages float64 `json:"waited_for_images"` // seconds in which the device had none
	Building        float64 `json:"building"`          // seconds for kernels to be compiled
	Device          float64 `json:"device"`            // seconds of uploads, the network, and reading back
	Writing         float64 `json:"writing"`           // seconds for rows to be written, and the files ended

	// As if images were decoded and kernels compiled beforehand: those with features in the seconds of Device.
	DeviceImagesPerSecond float64 `json:"device_images_per_second"`
}

func newEmbedReport(c *embedCmd, w *weights.Model, e eval.Embedding, files []string, t eval.EmbedTimes, took time.Duration) embedReport {
	// The clock of the whole also holds what no part does: the files' end.
	parts := t.Waited + t.Building + t.Device
	return embedReport{
		Weights: w.File, Files: files, Images: t.Images, LeftOut: t.LeftOut, Dim: e.Dim(), ImageSize: c.ImageSize,
		Seconds: took.Seconds(), ImagesPerSecond: perSecond(t.Images, took),
		WaitedForImages: t.Waited.Seconds(), Building: t.Building.Seconds(), Device: t.Device.Seconds(), Writing: max(0, took-parts).Seconds(),
		DeviceImagesPerSecond: perSecond(t.Images-t.LeftOut, t.Device),
	}
}

func perSecond(n int, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return float64(n) / d.Seconds()
}

// say tells it: a sentence to people, JSON to programs.
func (r embedReport) say(a *app, asJSON bool) error {
	left := ""
	if r.LeftOut > 0 {
		left = fmt.Sprintf(", %d of them without features", r.LeftOut)
	}
	a.console.Print("%s of %d values%s in %s", settings.Count(r.Images, "row"), r.Dim, left, strings.Join(r.Files, ", "))
	a.console.Print("%.1f images per second in %.1f s: %.1f s waiting for images, %.1f s building, %.1f s on the device (%.1f images per second), %.1f s writing",
		r.ImagesPerSecond, r.Seconds, r.WaitedForImages, r.Building, r.Device, r.DeviceImagesPerSecond, r.Writing)
	if asJSON {
		return writeJSON(a.stdout, r)
	}
	return nil
}
