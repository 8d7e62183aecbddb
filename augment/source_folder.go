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

// folder is a tree of image files. Per image it keeps one string (a view
// of the path that the walk made) and four bytes of label.
type folder struct {
	root    string
	paths   []string // under root
	labels  []int32
	classes []string
}

// OpenFolder lists the images under root, however deep, in the order of
// their names folder by folder. Where root has sub-folders with images, the
// first path element under root is an image's class, as in torchvision's
// ImageFolder; images directly in root then have none. Names that start with
// a dot are passed over, and links to folders are followed in root only, so
// that a link cannot make the walk endless. Any bytes that the system allows may
// stand in a name. Devices and pipes are no images, whatever their names.
func OpenFolder(root string) (Source, error) {
	info, err := os.Stat(root)
	if err != nil {
		return nil, fmt.Errorf("the folder %s cannot be read (%w): give a folder of images", quote(root), bare(err))
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is no folder: give a folder of images", quote(root))
	}
	real, err := filepath.EvalSymlinks(root)
	if err != nil {
		return nil, fmt.Errorf("the folder %s cannot be read: %w", quote(root), bare(err))
	}
	f := &folder{root: root}
	others := 0
	if err := f.walk(real, "", &others); err != nil {
		return nil, fmt.Errorf("the folder %s cannot be listed: %w", quote(root), located(err))
	}
	if len(f.paths) == 0 {
		if others == 0 {
			return nil, fmt.Errorf("the folder %s is empty: put images (%s) into it or its sub-folders", quote(root), decode.Extensions)
		}
		return nil, fmt.Errorf("the folder %s holds %d files but no image: names must end in one of %s", quote(root), others, decode.Extensions)
	}
	f.paths, f.labels = slices.Clip(f.paths), slices.Clip(f.labels)
	return f, nil
}

// notFiles are the kinds that reading could wait on for ever. (Windows has
// plain files of further kinds.)
const notFiles = fs.ModeDevice | fs.ModeNamedPipe | fs.ModeSocket

// walk lists dir, whose place under the root is prefix ("" for the root).
func (f *folder) walk(dir, prefix string, others *int) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path == dir {
			return nil
		}
		if strings.HasPrefix(d.Name(), ".") {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		rel := strings.TrimLeft(path[len(dir):], string(filepath.Separator))
		if prefix != "" {
			rel = prefix + string(filepath.Separator) + rel
		}
		switch {
		case d.IsDir():
		case decode.IsImage(rel) && d.Type()&notFiles == 0:
			f.add(rel)
		case d.Type()&fs.ModeSymlink != 0 && !strings.ContainsRune(rel, filepath.Separator):
			if real, err := filepath.EvalSymlinks(path); err == nil {
				if info, err := os.Stat(real); err == nil && info.IsDir() {
					return f.walk(real, rel, others)
				}
			}
			*others++
		default:
			*others++
		}
		return nil
	})
}

// add takes one image; the walk's order makes classes arrive sorted.
func (f *folder) add(rel string) {
	label := int32(-1)
	if class, _, deep := strings.Cut(rel, string(filepath.Separator)); deep {
		if n := len(f.classes); n == 0 || f.classes[n-1] != class {
			f.classes = append(f.classes, strings.Clone(class))
		}
		label = int32(len(f.classes) - 1)
	}
	f.paths = append(f.paths, rel)
	f.labels = append(f.labels, label)
}

func (f *folder) Len() int          { return len(f.paths) }
func (f *folder) Name(i int) string { return f.paths[i] }
func (f *folder) Label(i int) int   { return int(f.labels[i]) }
func (f *folder) Classes() []string { return f.classes }

func (f *folder) full(i int) string { return filepath.Join(f.root, f.paths[i]) }

func (f *folder) Decode(i int) (*Image, error) { return decodeFile(f.full(i), decode.Options{}) }
