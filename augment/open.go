package augment

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dinogpu/dinogpu/augment/decode"
)

// Open picks the source by what lies at a path: a folder of images, an idx
// file (gzipped or not), or a text file that lists images. Several paths are one
// set: classes go together by their names, and the images' names begin with the
// end of their path.
func Open(paths ...string) (Source, error) {
	switch len(paths) {
	case 0:
		return nil, errors.New("no images are named: give a folder of images, a text file of their paths, or an idx file")
	case 1:
		return open(paths[0], map[string]bool{})
	}
	return openAll(paths)
}

// open lists no folder whose real path is in seen.
func open(path string, seen map[string]bool) (Source, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s doesn't exist: give a folder of images, a text file of their paths, or an idx file", quote(path))
	case err != nil:
		return nil, fmt.Errorf("%s cannot be read: %w", quote(path), bare(err))
	case info.IsDir():
		f, err := openFolder(path, seen)
		if err != nil {
			return nil, err // not a nil *folder in a Source
		}
		return f, nil
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is neither a folder nor a plain file: give a folder of images, a text file of their paths, or an idx file", quote(path))
	case decode.IsImage(path):
		return nil, fmt.Errorf("%s is a single image: give the folder that holds it, or a text file of paths", quote(path))
	}
	head, err := readHead(path)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", quote(path), bare(err))
	}
	base := strings.ToLower(filepath.Base(path))
	switch {
	case strings.Contains(base, "idx") && !strings.HasSuffix(base, ".txt"),
		bytes.HasPrefix(head, gzipMagic), bytes.HasPrefix(head, []byte{0, 0}):
		return OpenIDX(path)
	case bytes.IndexByte(head, 0) >= 0:
		return nil, fmt.Errorf("%s is neither an idx file nor a text file of paths: give one of those, or a folder of images", quote(path))
	}
	return OpenList(path)
}

// gzipMagic starts every gzip file.
var gzipMagic = []byte{0x1f, 0x8b}

// readHead gives up to 512 bytes from a file's start.
func readHead(path string) ([]byte, error) {
	f, _, err := openFile(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 512))
}
