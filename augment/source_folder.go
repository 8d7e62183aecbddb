package augment

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dinogpu/dinogpu/augment/decode"
)

// folder is a tree of image files. Per image it keeps one string and four bytes
// of label.
type folder struct {
	root    string
	info    fs.FileInfo // of the root when it was listed
	paths   []string    // under root
	labels  []int32
	classes []string
	passed  passed
}

// OpenFolder lists the images under root, however deep, in the order of their
// names folder by folder. Where root has sub-folders with images, the first
// path element under root is an image's class, as in torchvision's
// ImageFolder; images directly in root then have none. Any bytes that the
// system allows may stand in a name.
//
// Links to folders are followed, and each folder is listed once, whatever leads
// to it. Names that start with a dot are passed over, as are folders of training
// runs, sub-folders that may not be read, and pipes and devices, whatever their
// names; [Remarks] tells of it.
func OpenFolder(root string) (Source, error) {
	f, err := openFolder(root, map[string]bool{})
	if err != nil {
		return nil, err
	}
	return f, nil
}

// openFolder lists no folder whose real path is in seen, and adds those it lists.
func openFolder(root string, seen map[string]bool) (*folder, error) {
	info, err := os.Stat(root)
	if err != nil {
		return nil, fmt.Errorf("the folder %s cannot be read (%w): give a folder of images", quote(root), bare(err))
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is no folder: give a folder of images", quote(root))
	}
	real, err := realPath(root)
	if err != nil {
		return nil, fmt.Errorf("the folder %s cannot be read: %w", quote(root), bare(err))
	}
	w := lister{folder: &folder{root: root, info: info}, seen: seen}
	if err := w.all(real); err != nil {
		return nil, fmt.Errorf("the folder %s cannot be listed: %w", quote(root), located(err))
	}
	f := w.folder
	if len(f.paths) == 0 {
		others := f.passed.String()
		switch {
		case slices.Contains(f.passed.runs, "."):
			return nil, fmt.Errorf("%s is the folder of a training run: give a folder of images", quote(root))
		case others == "":
			return nil, fmt.Errorf("the folder %s is empty: put images (%s) into it or its sub-folders", quote(root), decode.Extensions)
		}
		return nil, fmt.Errorf("the folder %s holds no image, only %s: names must end in one of %s", quote(root), others, decode.Extensions)
	}
	f.label()
	return f, nil
}

// realPath is a path without links, from the file system's root, so that one
// folder has one.
func realPath(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(path)
}

// label gives each image the class of the first element of its path. The
// images' order makes classes arrive sorted.
func (f *folder) label() {
	f.paths = slices.Clip(f.paths)
	f.labels = make([]int32, len(f.paths))
	for i, path := range f.paths {
		f.labels[i] = -1
		if class, _, deep := strings.Cut(path, string(filepath.Separator)); deep {
			if n := len(f.classes); n == 0 || f.classes[n-1] != class {
				f.classes = append(f.classes, strings.Clone(class))
			}
			f.labels[i] = int32(len(f.classes) - 1)
		}
	}
}

func (f *folder) Len() int          { return len(f.paths) }
func (f *folder) Name(i int) string { return f.paths[i] }
func (f *folder) Label(i int) int   { return int(f.labels[i]) }
func (f *folder) Classes() []string { return f.classes }

func (f *folder) full(i int) string { return filepath.Join(f.root, f.paths[i]) }

func (f *folder) Decode(i int) (*Image, error) { return f.decodeAs(i, decode.Options{}) }
