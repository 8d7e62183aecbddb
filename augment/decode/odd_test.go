package decode

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const oddDir = "../../testdata/formats/odd/"

// oddRefused are the files of testdata/formats/odd that are not read, and what is
// said of each.
var oddRefused = map[string]string{
	"cmyk-22-11-11-11.jpg":     "colors are sampled in an unusual way is not read: convert it",
	"sampling-31-11-11.jpg":    "colors are sampled in an unusual way is not read: convert it",
	"damaged-restart.jpg":      "damaged JPEG (a restart marker is missing 33 % into a scan): replace or remove it",
	"damaged-sector.jpg":       "damaged JPEG (a block with more than 64 values",
	"damaged-stray-marker.jpg": "damaged JPEG (data is missing 25 % into a scan)",
	"height-after-scan.jpg":    "it says it is 32 x 0 pixels",
	"codes-of-1-bit.gif":       "damaged GIF (codes of 1 bits)",
	"missing-pixels.gif":       "damaged GIF (its pixels: unexpected EOF)",
	"bad-pixel-sum.png":        "damaged PNG (png: invalid format: zlib: invalid checksum)",
	"cut-in-pixels.png":        "damaged PNG (png: invalid format: not enough pixel data)",
	"huge-row.png":             "it says it is 178000000 x 1 pixels, more than its 69 bytes can hold",
	"cut.bmp":                  "damaged BMP (cut short)",
	"rle8-ends-early.bmp":      "damaged BMP (its pixels end early)",
	"cut.tif":                  "damaged TIFF (tiff: invalid format: not enough pixel data)",
	"no-meaning.tif":           "damaged TIFF (nothing says what its samples mean)",
	"ccitt-runs.tif":           "TIFF packed as CCITT's run lengths is not read: convert it to PNG or JPEG, for example with `tiffcp",
	"lzma.tif":                 "TIFF packed as LZMA is not read",
	"zstd.tif":                 "TIFF packed as zstd is not read",
	"lab.tif":                  "TIFF in CIE L*a*b* is not read",
	"ycbcr-coarse.tif":         "TIFF in YCbCr with coarse colors is not read",
	"float32.tif":              "its samples are float numbers of 32 bits, and nothing says which range of them matters: convert it",
	"int32.tif":                "its samples are signed numbers of 32 bits",
	"int16.tif":                "its samples are signed numbers of 16 bits",
	"png-inside.bmp":           "BMP packed in way 5 is not read: convert it to PNG or JPEG",
}

// oddLenient are read here though Pillow refuses them: all their pixels are there.
var oddLenient = map[string]bool{
	"no-end-marker.jpg": true, "bad-text-crc.png": true, "cut-in-text.png": true, "text-between-pixels.png": true,
}

// Every odd file is what Pillow's convert("RGB") reads from it, or is refused in a
// sentence of its own. Lossy ones may be off by rounding.
func TestOddFilesAreReadAsPillowDoes(t *testing.T) {
	expected := openExpected(t, "../formats/odd/expected.safetensors")
	files, err := os.ReadDir(oddDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name := f.Name()
		if !IsImage(name) {
			continue
		}
		data, err := os.ReadFile(oddDir + name)
		if err != nil {
			t.Fatal(err)
		}
		im, err := decodeBytes(data, nil)
		want := expected.image(name)
		if say, ok := oddRefused[name]; ok {
			if err == nil || !strings.Contains(err.Error(), say) {
				t.Errorf("%s: want an error with %q, got %v", name, say, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if want == nil {
			if !oddLenient[name] {
				t.Errorf("%s is read, which Pillow refuses", name)
			}
			continue
		}
		may := tolerance{}
		switch {
		case filepath.Ext(name) == ".jpg":
			may = tolerance{3, 0.07}
		case strings.HasPrefix(name, "jpeg-inside"):
			may = tolerance{1, 0.03}
		case name == "ycbcr.tif": // which Pillow converts by another rounding than JPEG's
			may = tolerance{1, 0.5}
		}
		may.check(t, name, im, want)
	}
}

// Every sentence above is about a file that is there.
func TestOddFilesAreNamedOnce(t *testing.T) {
	for name := range oddRefused {
		if _, err := os.Stat(oddDir + name); err != nil {
			t.Error(err)
		}
	}
}
