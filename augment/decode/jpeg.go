package decode

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"io"

	"github.com/gen2brain/jpegn"
)

func configJPEG(r io.Reader) (image.Config, error) { return jpeg.DecodeConfig(r) }

// decodeJPEG decodes gray and YCbCr by jpegn, which is three times as fast as
// the standard library and shrinks within the inverse transform, as libjpeg
// does for Pillow's draft mode. The rest (CMYK, RGB) is left to the standard
// library, at full size.
func decodeJPEG(r io.Reader, conf image.Config, shrink Shrink) (*Image, error) {
	if conf.ColorModel != color.GrayModel && conf.ColorModel != color.YCbCrModel {
		src, err := jpeg.Decode(r)
		if err != nil {
			return nil, err
		}
		return fromGo(src, "jpeg"), nil
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	// jpegn fills what a cut file lacks with gray and says nothing.
	if !jpegEnds(data) {
		return nil, errors.New("cut short: no end marker")
	}
	by := 1
	if shrink != nil {
		by = shrink(conf.Width, conf.Height)
	}
	src, err := jpegn.Decode(bytes.NewReader(data), &jpegn.Options{ScaleDenom: by})
	if err != nil {
		return nil, err
	}
	im := fromGo(src, "jpeg")
	if by > 1 {
		im.Shrunk, im.FullW, im.FullH = by, conf.Width, conf.Height
	}
	return im, nil
}

// jpegEnds tells whether an end marker follows the first scan's header. Markers
// cannot occur within a scan, but a thumbnail before it has an end of its own.
func jpegEnds(data []byte) bool {
	for at := 2; at+4 <= len(data); {
		if data[at] != 0xff {
			return false
		}
		marker := data[at+1]
		switch {
		case marker == 0xff || marker == 0x01 || 0xd0 <= marker && marker <= 0xd7: // no length follows
			at++
			if marker != 0xff {
				at++
			}
			continue
		case marker == 0xda:
			return bytes.Contains(data[at:], []byte{0xff, 0xd9})
		}
		at += 2 + int(data[at+2])<<8 + int(data[at+3])
	}
	return false
}
