package sample

import "image"

// A camera makes an image of a scene.
type camera struct {
	width, height int
	at            point // of the scene, in the image's middle
	zoom          int   // 256: a pixel of the image is a pixel of the scene; more is larger
	angle         int   // degrees
	light         light
	mirrored      bool // left and right
}

// A light is how bright each color becomes, 256 being the scene's own shade, and how that changes over the image: by slope
// from the middle to its edges.
type light struct {
	color          [3]int
	slopeX, slopeY int
}

// where is the point of the scene that a pixel shows.
func (c camera) where(x, y int) point {
	if c.mirrored {
		x = c.width - 1 - x
	}
	p := point{(2*x + 1 - c.width) * one / 2, (2*y + 1 - c.height) * one / 2}
	return p.turned(-c.angle).times(256, c.zoom).plus(c.at)
}

// shoot gives the image and the labels of its pixels, row by row.
func (c camera) shoot(s scene) (*image.RGBA, []uint8) {
	im, labels := image.NewRGBA(image.Rect(0, 0, c.width, c.height)), make([]uint8, c.width*c.height)
	for y := range c.height {
		for x := range c.width {
			tone, label := s.at(c.where(x, y))
			labels[y*c.width+x] = label
			// In steps, so that an image has few colors and its file is small.
			gain := (c.light.slopeX*(2*x-c.width)/c.width + c.light.slopeY*(2*y-c.height)/c.height) / 24 * 24
			to := im.Pix[im.PixOffset(x, y):]
			for k, color := range c.light.color {
				to[k] = uint8(max(0, min(255, int(tone)*(color+gain)/256)))
			}
			to[3] = 255
		}
	}
	return im, labels
}
