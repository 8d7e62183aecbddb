package decode

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
)

// refusal is an error that says all there is to say.
type refusal struct{ text string }

func (r *refusal) Error() string { return r.text }

func refuse(format string, args ...any) error {
	return &refusal{fmt.Sprintf(format, args...)}
}

// unread refuses a kind of file, and says how to make it one that is read.
func unread(what, with string) error {
	if with != "" {
		with = ", for example with `" + with + "`"
	}
	return refuse("%s is not read: convert it to PNG or JPEG%s", what, with)
}

// Extensions lists the file name endings that count as images, in any mix of
// upper and lower case.
const Extensions = ".png .jpg .jpeg .jpe .jfif .gif .bmp .tif .tiff .webp"

// IsImage tells an image by its file name's ending.
func IsImage(name string) bool {
	switch ext := filepath.Ext(name); len(ext) {
	case 4, 5:
		switch strings.ToLower(ext) {
		case ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".tif", ".tiff", ".webp":
			return true
		}
	}
	return false
}

// other is a kind of image that is not read. HEIC and AVIF have decoders for Go,
// but those take seconds for each photo of a phone, each time it is shown.
type other struct {
	name       string
	extensions string
	magic      []string // how files begin; a dot is any byte
	with       string   // what converts OLD
}

var others = []other{
	{"HEIC", ".heic .heif .hif", []string{"....ftyphei", "....ftyphev", "....ftypmif1", "....ftypmsf1"}, "heif-convert OLD NEW.jpg"},
	{"AVIF", ".avif", []string{"....ftypavi"}, "avifdec OLD NEW.png"},
	{"JPEG XL", ".jxl", []string{"\xff\x0a", "\x00\x00\x00\x0cJXL "}, "djxl OLD NEW.png"},
	{"JPEG 2000", ".jp2 .j2k .jpf .jpx", []string{"\x00\x00\x00\x0cjP  ", "\xff\x4f\xff\x51"}, "opj_decompress -i OLD -o NEW.png"},
	{"a camera's raw format", ".dng .cr2 .cr3 .nef .arw .orf .rw2 .raf .pef", []string{"....ftypcrx ", "FUJIFILMCCD-RAW", "IIRO", "IIU\x00"}, "darktable-cli OLD NEW.jpg"},
	{"SVG", ".svg", []string{"<svg", "<?xml"}, "rsvg-convert OLD -o NEW.png"},
	{"PSD", ".psd .psb", []string{"8BPS"}, "magick OLD[0] NEW.png"},
	{"ICO", ".ico", []string{"\x00\x00\x01\x00"}, "magick OLD[0] NEW.png"},
	{"PNM", ".ppm .pgm .pbm .pnm", []string{"P1", "P2", "P3", "P4", "P5", "P6"}, "magick OLD NEW.png"},
	{"TGA", ".tga", nil, "magick OLD NEW.png"},
	{"QOI", ".qoi", []string{"qoif"}, "magick OLD NEW.png"},
	{"OpenEXR", ".exr", []string{"\x76\x2f\x31\x01"}, "magick OLD NEW.png"},
	{"FITS", ".fits .fit", []string{"SIMPLE  ="}, "magick OLD NEW.png"},
	{"DICOM", ".dcm", []string{strings.Repeat(".", 128) + "DICM"}, "dcm2img OLD NEW.png"},
}

// OtherKind names the kind of image that a file's name stands for and that is not
// read, as "HEIC" for .heic, and what converts a file OLD of it. Both are empty for
// any other name.
func OtherKind(name string) (kind, with string) {
	ext := strings.ToLower(filepath.Ext(name))
	for _, o := range others {
		for e := range strings.FieldsSeq(o.extensions) {
			if e == ext {
				return o.name, o.with
			}
		}
	}
	return "", ""
}

// unknown says what a file is that begins so and is none that is read.
func unknown(head []byte) error {
	for _, o := range others {
		for _, m := range o.magic {
			if begins(head, m) {
				return unread(o.name, o.with)
			}
		}
	}
	text := bytes.ToLower(bytes.TrimLeft(head[:min(len(head), 200)], " \t\r\n\ufeff"))
	switch {
	case len(head) == 0:
		return refuse("an empty file: replace or remove it")
	case bytes.HasPrefix(text, []byte("<!doctype")), bytes.HasPrefix(text, []byte("<html")):
		return refuse("a web page and no image: fetch it again, or remove it")
	case len(bytes.Trim(head, "\x00")) == 0:
		return refuse("nothing but zeros: replace or remove it")
	}
	return refuse("no image of a kind that is read (%s): convert, replace or remove it", Extensions)
}

// begins tells whether head begins with magic, where a dot is any byte.
func begins(head []byte, magic string) bool {
	if len(head) < len(magic) {
		return false
	}
	for i := range magic {
		if magic[i] != '.' && magic[i] != head[i] {
			return false
		}
	}
	return true
}
