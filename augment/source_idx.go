package augment

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// idxSource holds an idx file's images, unpacked once, as bytes.
type idxSource struct {
	name    string
	n, h, w int
	depth   int    // 1: gray, 3: RGB
	pix     []byte // n*h*w*depth
	labels  []byte // nil: none
	classes []string
}

// OpenIDX reads an idx file of images, (N,H,W) gray or (N,H,W,3) RGB,
// gzipped or not, into memory. Labels are taken from the file beside it whose
// name has "labels" for "images" and "idx1" for "idx3", if there is one.
func OpenIDX(path string) (Source, error) {
	f, size, err := openFile(path)
	if err != nil {
		return nil, fmt.Errorf("the idx file %s cannot be read: %w", quote(path), bare(err))
	}
	defer f.Close()
	labelPath := findLabels(path)
	if labelPath == "" {
		return newIDX(path, f, size, "", nil, 0)
	}
	lf, labelSize, err := openFile(labelPath)
	if err != nil {
		return nil, fmt.Errorf("the label file %s cannot be read: %w", quote(labelPath), bare(err))
	}
	defer lf.Close()
	return newIDX(path, f, size, labelPath, lf, labelSize)
}

// newIDX reads images and, where labels is not nil, their classes, from files of
// so many bytes.
func newIDX(name string, images io.Reader, size int64, labelName string, labels io.Reader, labelSize int64) (*idxSource, error) {
	dims, pix, err := readIDX(name, images, size, 3, 4)
	if err != nil {
		return nil, err
	}
	s := &idxSource{name: filepath.Base(name), n: dims[0], h: dims[1], w: dims[2], depth: 1, pix: pix}
	if len(dims) == 4 {
		if dims[3] != 3 {
			return nil, fmt.Errorf("%s has images of %d colors where 3 are expected: convert them to RGB or gray", quote(name), dims[3])
		}
		s.depth = 3
	}
	if labels == nil {
		return s, nil
	}
	ldims, l, err := readIDX(labelName, labels, labelSize, 1)
	if err != nil {
		return nil, err
	}
	if ldims[0] != s.n {
		return nil, fmt.Errorf("%s holds %d labels and %s %d images: fetch both again, or move the label file away to go without", quote(labelName), ldims[0], quote(name), s.n)
	}
	s.labels = l
	return s, nil
}

// findLabels gives the label file that belongs to an image file, or "".
func findLabels(path string) string {
	dir, base := filepath.Split(path)
	stem, packed := strings.CutSuffix(base, ".gz")
	at := strings.LastIndex(stem, "images")
	if at < 0 {
		return ""
	}
	stem = stem[:at] + "labels" + stem[at+len("images"):]
	stem = strings.NewReplacer("idx3", "idx1", "idx4", "idx1").Replace(stem)
	for _, name := range []string{stem, stem + ".gz"} {
		// The one packed like the images is looked for first.
		if packed {
			name = strings.TrimSuffix(stem+".gz"+name[len(stem):], ".gz.gz")
		}
		if _, err := os.Stat(dir + name); !errors.Is(err, fs.ErrNotExist) {
			return dir + name
		}
	}
	return ""
}

func (s *idxSource) Len() int          { return s.n }
func (s *idxSource) Name(i int) string { return fmt.Sprintf("%s#%d", s.name, i) }
func (s *idxSource) Classes() []string { return s.classes }

func (s *idxSource) Label(i int) int {
	if s.labels == nil {
		return -1
	}
	return int(s.labels[i])
}

func (s *idxSource) Decode(i int) (*Image, error) {
	if i < 0 || i >= s.n {
		return nil, fmt.Errorf("%s has no image %d: it holds %d", quote(s.name), i, s.n)
	}
	im := NewImage(s.w, s.h)
	size := s.h * s.w * s.depth
	src := s.pix[i*size : (i+1)*size]
	if s.depth == 3 {
		copy(im.Pix, src)
		return im, nil
	}
	for p, v := range src {
		im.Pix[3*p], im.Pix[3*p+1], im.Pix[3*p+2] = v, v, v
	}
	return im, nil
}
