package decode

import (
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
