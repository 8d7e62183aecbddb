package eval

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/disk"
)

// Objects are images with a mask each, in which every object has a label of its own.
type Objects struct {
	Source augment.Source // the images that take part
	Masks  []string       // the path of each one's mask
	Folder string         // that the masks lie in
}

// OpenObjects finds images and masks in a folder: VOC 2012, in dir itself or as VOCdevkit/VOC2012 below it, where
// ImageSets/Segmentation/val.txt says which images take part (all that have a mask, without that file) and masks lie in
// SegmentationObject, or in SegmentationClass where that is missing; or any folder with images/ and masks/ of the same
// names. A mask is a palette or gray PNG: 0 is background, 255 void. Each image has to have one, of which only the header
// is read here. The error for a folder of another layout wraps ErrOtherLayout.
func OpenObjects(dir string) (*Objects, error) {
	return openObjects(dir, "SegmentationObject", "SegmentationClass")
}

// OpenClassObjects is OpenObjects where all objects of a class are one: VOC's SegmentationClass.
func OpenClassObjects(dir string) (*Objects, error) {
	return openObjects(dir, "SegmentationClass")
}

func openObjects(dir string, kinds ...string) (*Objects, error) {
	if info, err := os.Stat(dir); err != nil {
		return nil, disk.CannotRead(dir, err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("%s is no folder: give one with images and masks", disk.Quote(dir))
	}
	for _, root := range []string{dir, filepath.Join(dir, "VOC2012"), filepath.Join(dir, "VOCdevkit", "VOC2012")} {
		if isFolder(filepath.Join(root, "JPEGImages")) {
			return openVOC(root, kinds)
		}
	}
	images, masks := filepath.Join(dir, "images"), filepath.Join(dir, "masks")
	if !isFolder(images) || !isFolder(masks) {
		return nil, otherLayoutf("%s has neither JPEGImages with SegmentationObject, as VOC 2012, nor images with masks", disk.Quote(dir))
	}
	if len(kinds) == 1 {
		return nil, fmt.Errorf("%s has masks of one kind: only VOC's folders have objects by class", disk.Quote(dir))
	}
	p, err := listMasked(images, masks)
	if err != nil {
		return nil, err
	}
	return p.open(p.images.order, disk.Quote(images), true)
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func openVOC(root string, kinds []string) (*Objects, error) {
	var masks string
	for _, kind := range kinds {
		if folder := filepath.Join(root, kind); masks == "" && isFolder(folder) {
			masks = folder
		}
	}
	if masks == "" {
		return nil, fmt.Errorf("%s has JPEGImages and lacks %s: unpack the whole of VOC 2012", disk.Quote(root), strings.Join(kinds, " and "))
	}
	p, err := listMasked(filepath.Join(root, "JPEGImages"), masks)
	if err != nil {
		return nil, err
	}
	list := filepath.Join(root, "ImageSets", "Segmentation", "val.txt")
	text, err := os.ReadFile(list)
	if errors.Is(err, fs.ErrNotExist) {
		return p.open(p.masks.order, disk.Quote(masks), false)
	}
	if err != nil {
		return nil, disk.CannotRead(list, err)
	}
	var order []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" {
			order = append(order, line)
		}
	}
	return p.open(order, disk.Quote(list), false)
}
