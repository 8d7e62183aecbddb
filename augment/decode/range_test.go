package decode

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/png"
	"math"
	"slices"
	"strings"
	"testing"
)

// tiffOf is a gray TIFF of one row of samples.
func tiffOf(bits, format uint32, samples []byte, width uint32) []byte {
	out := append([]byte("II*\x00"), binary.LittleEndian.AppendUint32(nil, uint32(8+len(samples)))...)
	out = append(out, samples...)
	return append(out, directory(len(out), [][]uint32{
		{tagWidth, width},
		{tagHeight, 1},
		{tagBits, bits},
		{tagMeaning, isGray},
		{tagFormat, format},
		{tagStrips, 8},
		{tagStripSizes, uint32(len(samples))},
	})...)
}

// A range makes bytes of 0 to 255 of whatever samples a file has; 8-bit files it
// leaves alone.
func TestRangeOfAnySamples(t *testing.T) {
	le := binary.LittleEndian
	values := []float64{-100, 0, 1000, 1500, 2000, 4000}
	want := []uint8{0, 0, 0, 128, 255, 255}
	var u16, i16, i32, f32, f64 []byte
	deep := image.NewGray16(image.Rect(0, 0, len(values), 1))
	color16 := image.NewNRGBA64(deep.Rect)
	for x, v := range values {
		u16 = le.AppendUint16(u16, uint16(max(0, v)))
		i16 = le.AppendUint16(i16, uint16(int16(v)))
		i32 = le.AppendUint32(i32, uint32(int32(v)))
		f32 = le.AppendUint32(f32, math.Float32bits(float32(v)))
		f64 = le.AppendUint64(f64, math.Float64bits(v))
		g := uint16(max(0, v))
		deep.SetGray16(x, 0, color.Gray16{Y: g})
		color16.SetNRGBA64(x, 0, color.NRGBA64{R: g, G: g, B: g, A: 9})
	}
	u12 := []byte{0, 0, 0, 0x3e, 0x85, 0xdc, 0x7d, 0x0f, 0xa0} // 0 0 1000 1500 2000 4000
	var gray16, rgba64 bytes.Buffer
	if err := png.Encode(&gray16, deep); err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(&rgba64, color16); err != nil {
		t.Fatal(err)
	}
	n := uint32(len(values))
	for name, data := range map[string][]byte{
		"gray PNG": gray16.Bytes(), "RGBA PNG": rgba64.Bytes(),
		"12-bit TIFF": tiffOf(12, 1, u12, n), "16-bit TIFF": tiffOf(16, 1, u16, n), "signed TIFF": tiffOf(16, 2, i16, n),
		"32-bit TIFF": tiffOf(32, 2, i32, n), "float TIFF": tiffOf(32, 3, f32, n), "double TIFF": tiffOf(64, 3, f64, n),
	} {
		im, err := Decode(bytes.NewReader(data), Options{Range: &Range{Lo: 1000, Hi: 2000}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for x, v := range want {
			if !slices.Equal(im.Pix[3*x:][:3], []uint8{v, v, v}) {
				t.Errorf("%s: %g became %v, want %d", name, values[x], im.Pix[3*x:][:3], v)
			}
		}
	}
	plain := tiffOf(8, 1, []byte{0, 9, 200, 255}, 4)
	im, err := Decode(bytes.NewReader(plain), Options{Range: &Range{Lo: 1000, Hi: 2000}})
	if err != nil || im.Pix[3] != 9 || im.Pix[6] != 200 {
		t.Errorf("8 bits: %v, %v", im, err)
	}
}

// Without a range, samples that have one by nature keep their upper bits; the
// others are refused, and the error says what to do.
func TestSamplesWithoutRange(t *testing.T) {
	im, err := decodeBytes(tiffOf(12, 1, []byte{0, 0x0f, 0xff, 0xff, 0xf0, 0}, 4), nil)
	if err != nil || im.Pix[0] != 0 || im.Pix[3] != 255 || im.Pix[6] != 255 || im.Pix[9] != 0 {
		t.Errorf("12 bits: %v, %v", im, err)
	}
	nan := binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(math.NaN())))
	for name, data := range map[string][]byte{
		"float": tiffOf(32, 3, nan, 1), "signed": tiffOf(16, 2, []byte{0, 1}, 1), "unsigned": tiffOf(32, 1, make([]byte, 4), 1),
	} {
		_, err := decodeBytes(data, nil)
		if err == nil || !strings.Contains(err.Error(), "its samples are "+name+" numbers") || !strings.Contains(err.Error(), "convert it to 8 or 16 bits") {
			t.Errorf("%s: %v", name, err)
		}
	}
	im, err = Decode(bytes.NewReader(tiffOf(32, 3, nan, 1)), Options{Range: &Range{Lo: 0, Hi: 1}})
	if err != nil || im.Pix[0] != 0 {
		t.Errorf("not a number: %v, %v", im, err)
	}
}
