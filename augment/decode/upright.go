package decode

import (
	"bytes"

	"github.com/bep/imagemeta"
)

// metaFormats are the formats whose EXIF is looked at, by the names of formatOf. A
// TIFF is always turned, as Pillow does.
var metaFormats = map[string]imagemeta.ImageFormat{
	"JPEG": imagemeta.JPEG, "PNG": imagemeta.PNG, "WebP": imagemeta.WebP,
}

// orientation is how a camera was held, 1 to 8 as EXIF numbers it: 1 where the file
// does not say it, or says it so that it cannot be read, since its pixels are good
// without.
func orientation(data []byte, format string) int {
	as, ok := metaFormats[format]
	if !ok {
		return 1
	}
	o := 1
	// An error leaves what was found before it.
	_, _ = imagemeta.Decode(imagemeta.Options{
		R: bytes.NewReader(data), ImageFormat: as, Sources: imagemeta.EXIF,
		ShouldHandleTag: func(t imagemeta.TagInfo) bool { return t.Namespace == "IFD0" && t.Tag == "Orientation" },
		HandleTag: func(t imagemeta.TagInfo) error {
			if n, ok := t.Value.(uint16); ok && 1 <= n && n <= 8 {
				o = int(n)
			}
			return imagemeta.ErrStopWalking
		},
	})
	return o
}

// turned is the image as an orientation of 1 to 8 says that it is to be shown, in the
// same share of memory. Any other number leaves im as it is.
func turned(im *Image, orientation int) *Image {
	if orientation < 2 || orientation > 8 {
		return im
	}
	w, h, fullW, fullH := im.W, im.H, im.FullW, im.FullH
	if orientation > 4 { // rows become columns
		w, h, fullW, fullH = h, w, fullH, fullW
	}
	out := NewImage(w, h)
	out.Shrunk, out.FullW, out.FullH, out.share = im.Shrunk, fullW, fullH, im.share
	for y := range h {
		for x := range w {
			fromX, fromY := x, y
			if orientation > 4 {
				fromX, fromY = y, x
			}
			switch orientation {
			case 2, 3, 7, 8:
				fromX = im.W - 1 - fromX
			}
			switch orientation {
			case 3, 4, 6, 7:
				fromY = im.H - 1 - fromY
			}
			copy(out.Pix[3*(y*w+x):][:3], im.Pix[3*(fromY*im.W+fromX):])
		}
	}
	return out
}
