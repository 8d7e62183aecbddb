package decode

import (
	"strings"
	"testing"
)

// A kind that is not read is named, by its content and by its name, with what
// converts it.
func TestOtherKindsAreNamed(t *testing.T) {
	for _, c := range []struct{ begins, name, kind string }{
		{"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "IMG_1.HEIC", "HEIC"},
		{"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00", "a.heif", "HEIC"},
		{"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00", "b.avif", "AVIF"},
		{"\xff\x0a\x00\x10", "c.jxl", "JPEG XL"},
		{"\x00\x00\x00\x0cjP  \r\n\x87\n", "d.jp2", "JPEG 2000"},
		{"8BPS\x00\x01", "e.psd", "PSD"},
		{"P6\n3 2\n255\n", "f.ppm", "PNM"},
		{strings.Repeat("\x00", 128) + "DICM", "g.dcm", "DICOM"},
	} {
		_, err := decodeBytes([]byte(c.begins), nil)
		if err == nil || !strings.Contains(err.Error(), c.kind+" is not read: convert it to PNG or JPEG, for example with `") {
			t.Errorf("%s: %v", c.name, err)
		}
		if kind, with := OtherKind(c.name); kind != c.kind || !strings.Contains(with, "OLD") || !strings.Contains(err.Error(), with) {
			t.Errorf("%s is of kind %q, converted by %q", c.name, kind, with)
		}
		if IsImage(c.name) {
			t.Errorf("%s counts as an image that is read", c.name)
		}
	}
	for _, name := range []string{"a.png", "notes.txt", "heic", ""} {
		if kind, _ := OtherKind(name); kind != "" {
			t.Errorf("%q is of kind %q", name, kind)
		}
	}
}

// What is no image at all is told as that.
func TestNoImagesAreTold(t *testing.T) {
	for content, say := range map[string]string{
		"": "an empty file: replace or remove it",
		"\n<!DOCTYPE html><html>404 not found</html>": "a web page and no image: fetch it again",
		strings.Repeat("\x00", 5000):                  "nothing but zeros: replace or remove it",
		"some text":                                   "no image of a kind that is read (.png",
	} {
		if _, err := decodeBytes([]byte(content), nil); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("want %q, got %v", say, err)
		}
	}
}

// An image is told by its ending in any mix of cases.
func TestIsImage(t *testing.T) {
	for name, want := range map[string]bool{
		"a.JPG": true, "a.jpe": true, "b.jfif": true, "c.Tiff": true, "d.webp": true, "jpg": false, "e.jpg.txt": false, "f.svg": false,
	} {
		if IsImage(name) != want {
			t.Errorf("IsImage(%q) is %v", name, !want)
		}
	}
	for ext := range strings.FieldsSeq(Extensions) {
		if !IsImage("x" + ext) {
			t.Errorf("%s is listed and is no image", ext)
		}
	}
}
