package augment

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/dinogpu/dinogpu/augment/decode"
)

// files are image files that were named one by one, without labels.
type files struct{ *list }

// OpenImages is Open for paths that may be image files too. All image files that stand together are one part of the set,
// whose images are called by their paths; one that is named twice is there twice.
func OpenImages(paths ...string) (Source, error) {
	var parts []Source // of the image files; nil where a path is for Open
	var at []string    // what stands for each part
	for _, path := range paths {
		is, err := isImageFile(path)
		switch last := len(parts) - 1; {
		case err != nil:
			return nil, err
		case is && last >= 0 && parts[last] != nil:
			f := parts[last].(files)
			f.paths = append(f.paths, path)
		case is:
			parts, at = append(parts, files{&list{paths: []string{path}}}), append(at, path)
		default:
			parts, at = append(parts, nil), append(at, path)
		}
	}
	if len(parts) == 1 && parts[0] != nil {
		return parts[0], nil
	}
	if len(at) < 2 {
		return Open(at...)
	}
	return openAll(at, parts...)
}

// isImageFile tells an image's file from what Open takes; one that is not there is an error.
func isImageFile(path string) (bool, error) {
	if !decode.IsImage(path) {
		return false, nil
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, fmt.Errorf("there is no image %s: see that the path is right", quote(path))
	case err != nil:
		return false, fmt.Errorf("image %s cannot be read: %w", quote(path), bare(err))
	}
	return info.Mode().IsRegular(), nil
}
