package main

import (
	"fmt"
	"image"
	"os"
	"path/filepath"

	"github.com/dinogpu/dinogpu/viewer"
)

// keepPage writes a page that the user wants to keep, under the first name that is free.
func keepPage(page *image.RGBA) (string, error) {
	for n := 1; ; n++ {
		path := filepath.Join(saveFolder, fmt.Sprintf("page-%03d.png", n))
		if _, err := os.Lstat(path); os.IsNotExist(err) {
			return path, viewer.WritePNG(path, page)
		}
	}
}
