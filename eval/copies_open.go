package eval

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/disk"
)

// Copies are originals and blocks of copies of them, as Copydays is laid out.
type Copies struct {
	Originals   augment.Source
	Blocks      []CopyBlock
	Distractors augment.Source // images that nothing is a copy of, among the originals; nil: none
	Whitening   augment.Source // images that whitening is learned from; nil: none

	DistractorsPath, WhiteningPath string // where these two lie; empty: there are none
}

// A CopyBlock is copies of one kind.
type CopyBlock struct {
	Name    string // "strong", "jpegqual/3"
	Folder  string // that the images' names begin in: strong, jpegqual
	Images  augment.Source
	Of      []int    // of each image: the number of its original
	By      string   // how that was found: ByName, ByLetters or ByOrder
	Without []string // images that have no original; they are not among Images
}

// OpenCopies opens a folder with originals in original/ and copies in other folders: each is a block, or, where it holds
// folders alone, each of those is (strong, jpegqual/3). whitening and distractors are folders of images; where they are
// empty, those of these names in the folder are taken, if they are there. No image is read. A folder without original/ is
// ErrOtherLayout.
func OpenCopies(dir, whitening, distractors string) (*Copies, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, disk.CannotRead(dir, err)
	}
	c := &Copies{}
	const original = "original"
	if !isFolder(filepath.Join(dir, original)) {
		return nil, otherLayoutf("%s has no folder original: put the originals there, and their copies into folders beside it", disk.Quote(dir))
	}
	if c.Originals, err = augment.OpenFolder(filepath.Join(dir, original)); err != nil {
		return nil, err
	}
	names := copyNames(c.Originals, "")
	if err := commonNames(names); err != nil {
		return nil, fmt.Errorf("%s %w", disk.Quote(filepath.Join(dir, original)), err)
	}
	for _, extra := range []struct {
		name, path string
		to         *augment.Source
		at         *string
	}{{"whitening", whitening, &c.Whitening, &c.WhiteningPath}, {"distractors", distractors, &c.Distractors, &c.DistractorsPath}} {
		path := extra.path
		if beside := filepath.Join(dir, extra.name); path == "" && isFolder(beside) {
			path = beside
		}
		if path == "" {
			continue
		}
		if *extra.to, err = augment.Open(path); err != nil {
			return nil, err
		}
		*extra.at = path
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if strings.HasPrefix(e.Name(), ".") || slices.Contains([]string{original, "whitening", "distractors"}, e.Name()) || !isFolder(path) ||
			sameFolder(path, whitening) || sameFolder(path, distractors) {
			continue
		}
		if err := c.addBlocks(path, e.Name(), names); err != nil {
			return nil, err
		}
	}
	if len(c.Blocks) == 0 {
		return nil, fmt.Errorf("%s has originals, and no folder of copies beside them, such as strong/ or jpegqual/3/", disk.Quote(dir))
	}
	return c, nil
}

func sameFolder(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// copyNames are the names of a source's images without endings, and without the folder that they lie in.
func copyNames(s augment.Source, under string) []string {
	names := make([]string, s.Len())
	for i := range names {
		names[i] = strings.TrimPrefix(stem(filepath.ToSlash(s.Name(i))), under)
	}
	return names
}

// addBlocks adds a folder's images as a block, or its folders' as one each.
func (c *Copies) addBlocks(path, name string, originals []string) error {
	all, err := augment.OpenFolder(path)
	if err != nil {
		return err
	}
	groups := make([][]int, len(all.Classes())) // by the first folder in path
	for i := range all.Len() {
		label := all.Label(i)
		if label < 0 { // an image that lies in no folder: all are one block
			return c.addBlock(CopyBlock{Name: name, Folder: name}, all, "", originals)
		}
		groups[label] = append(groups[label], i)
	}
	order := make([]int, len(groups))
	for i := range order {
		order[i] = i
	}
	classes := all.Classes()
	slices.SortStableFunc(order, func(a, b int) int { return byNumber(classes[a], classes[b]) })
	for _, label := range order {
		class := classes[label]
		if err := c.addBlock(CopyBlock{Name: name + "/" + class, Folder: name}, augment.Pick(all, groups[label]), class+"/", originals); err != nil {
			return err
		}
	}
	return nil
}

// byNumber orders numbers by their size, and names behind them.
func byNumber(a, b string) int {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	switch {
	case errX == nil && errY == nil:
		return cmp.Compare(x, y)
	case errX == nil:
		return -1
	case errY == nil:
		return 1
	}
	return cmp.Compare(a, b)
}

// addBlock adds b of these images, whose names begin with the folder under.
func (c *Copies) addBlock(b CopyBlock, images augment.Source, under string, originals []string) error {
	of, by, err := matchCopies(b.Name, originals, copyNames(images, under))
	if err != nil {
		return err
	}
	b.By = by
	var which []int
	for i, original := range of {
		if original < 0 {
			b.Without = append(b.Without, images.Name(i))
			continue
		}
		which, b.Of = append(which, i), append(b.Of, original)
	}
	b.Images = augment.Pick(images, which)
	c.Blocks = append(c.Blocks, b)
	return nil
}
