package decode

import (
	"bytes"
	"image/gif"
)

// decodeGIF gives a GIF's first frame. The standard library overwrites the
// transparent color of a palette, where dropping alpha means keeping it: so
// nothing is transparent.
func decodeGIF(data []byte, o *work) (*Image, error) {
	conf, err := gif.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if err := o.fits(conf.Width, conf.Height, 2*conf.Width*conf.Height); err != nil {
		return nil, err
	}
	opaqueGIF(data)
	src, err := gif.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return fromGo(src), nil
}

// opaqueGIF clears the transparency flags ahead of the first frame, in place.
// It stops at whatever is no GIF; the decoder finds words for it.
func opaqueGIF(data []byte) {
	const header = 13
	if len(data) < header {
		return
	}
	at := header
	if packed := data[10]; packed&0x80 != 0 {
		at += 3 << (packed&7 + 1) // the global palette
	}
	for at+4 <= len(data) && data[at] == 0x21 { // an extension
		if data[at+1] == 0xf9 && data[at+2] == 4 { // the graphic control
			data[at+3] &^= 1
		}
		at += 2
		for at < len(data) && data[at] != 0 { // its blocks, an empty one last
			at += 1 + int(data[at])
		}
		at++
	}
}
