//go:build window

package main

import (
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/viewer"
	"github.com/dinogpu/dinogpu/viewer/window"
)

// The window's size as it opens, in screen units.
const windowWidth, windowHeight = 1280, 800

func init() {
	showWindow = func(a *app, s viewer.Scene, d *gpu.Device) error {
		err := window.Show(a.ctx, s, windowWidth, windowHeight, d, func(by gpu.Adapter) {
			if by.Name != d.Adapter.Name || by.Backend != d.Adapter.Backend {
				a.console.Print("the window is drawn by %s (%s)", by.Name, by.Backend)
			}
		})
		if a.ctx.Err() != nil {
			return errInterrupted
		}
		return err
	}
}
