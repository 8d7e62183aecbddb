package eval

import (
	"errors"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	smallMask  = []uint8{0, 1, 2, 255, 0, 0}
	smallImage = image.NewNRGBA(image.Rect(0, 0, 3, 2))
)

// vocFolder writes VOC's layout, with a mask of either kind of each stem.
func vocFolder(t *testing.T, root string, kinds []string, stems ...string) string {
	t.Helper()
	for _, stem := range append(stems, "unlabeled") {
		putFile(t, encodePNG(t, smallImage), root, "JPEGImages", stem+".jpg")
	}
	for _, stem := range stems {
		for _, kind := range kinds {
			putFile(t, encodePNG(t, paletteOf(smallMask, 3, 2)), root, kind, stem+".png")
		}
	}
	return root
}

// Every layout gives its images, each with its mask.
func TestOpenObjects(t *testing.T) {
	both := []string{"SegmentationObject", "SegmentationClass"}
	list := filepath.Join("ImageSets", "Segmentation", "val.txt")
	for name, c := range map[string]struct {
		make   func(dir string)
		open   func(dir string) (*Objects, error)
		images []string
		folder string
	}{
		"VOC with a list": {func(dir string) {
			putFile(t, []byte("d\r\n\n b\n"), vocFolder(t, dir, both, "a", "b", "d"), list)
		}, OpenObjects, []string{"d.jpg", "b.jpg"}, "SegmentationObject"},
		"VOC without": {func(dir string) { vocFolder(t, dir, both, "a", "b") }, OpenObjects, []string{"a.jpg", "b.jpg"}, "SegmentationObject"},
		"VOCdevkit": {func(dir string) {
			vocFolder(t, filepath.Join(dir, "VOCdevkit", "VOC2012"), both, "a")
		}, OpenObjects, []string{"a.jpg"}, "VOCdevkit/VOC2012/SegmentationObject"},
		"inside VOCdevkit": {func(dir string) { vocFolder(t, filepath.Join(dir, "VOC2012"), both, "a") }, OpenObjects, []string{"a.jpg"}, "VOC2012/SegmentationObject"},
		"only classes":     {func(dir string) { vocFolder(t, dir, both[1:], "a") }, OpenObjects, []string{"a.jpg"}, "SegmentationClass"},
		"classes":          {func(dir string) { vocFolder(t, dir, both, "a") }, OpenClassObjects, []string{"a.jpg"}, "SegmentationClass"},
		"any folder": {func(dir string) {
			putObject(t, dir, "x", 9, 9)
			putObject(t, dir, "sub/y", 9, 9)
			putFile(t, nil, dir, "masks", "Thumbs.db")
			putFile(t, nil, dir, "masks", "._x.png")
		}, OpenObjects, []string{"sub/y.png", "x.png"}, "masks"},
	} {
		dir := t.TempDir()
		c.make(dir)
		o, err := c.open(dir)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var images, masks []string
		for i := range o.Source.Len() {
			images = append(images, filepath.ToSlash(o.Source.Name(i)))
			mask, err := filepath.Rel(dir, o.Masks[i])
			if err != nil {
				t.Fatal(err)
			}
			masks = append(masks, filepath.ToSlash(mask))
		}
		var want []string
		for _, image := range c.images {
			want = append(want, c.folder+"/"+strings.TrimSuffix(image, filepath.Ext(image))+".png")
		}
		slices.Sort(images)
		slices.Sort(masks)
		slices.Sort(want)
		slices.Sort(c.images)
		if diff := cmp.Diff([][]string{c.images, want, {filepath.Join(dir, filepath.FromSlash(c.folder))}}, [][]string{images, masks, {o.Folder}}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestOpenObjectsRefuses(t *testing.T) {
	both := []string{"SegmentationObject", "SegmentationClass"}
	list := filepath.Join("ImageSets", "Segmentation", "val.txt")
	for want, c := range map[string]struct {
		make  func(dir string)
		other bool // the layout is another
	}{
		`neither JPEGImages with SegmentationObject`:             {func(dir string) { putFile(t, encodePNG(t, smallImage), dir, "images", "a.png") }, true},
		`lacks SegmentationObject and SegmentationClass: unpack`: {func(dir string) { vocFolder(t, dir, nil, "a") }, false},
		`the mask of "b.png" is missing`: {func(dir string) {
			putObject(t, dir, "a", 9, 9)
			putFile(t, encodePNG(t, smallImage), dir, "images", "b.png")
		}, false},
		`the mask of "b.jpg" is missing`: {func(dir string) {
			putFile(t, encodePNG(t, smallImage), vocFolder(t, dir, both, "a"), "JPEGImages", "b.jpg")
			putFile(t, []byte("a\nb\n"), dir, list)
		}, false},
		`val.txt" names "c", and`: {func(dir string) { putFile(t, []byte("a\nc\n"), vocFolder(t, dir, both, "a"), list) }, false},
		`names "a" twice`:         {func(dir string) { putFile(t, []byte("a\na\n"), vocFolder(t, dir, both, "a"), list) }, false},
		`mask "b" of`: {func(dir string) {
			putObject(t, dir, "a", 9, 9)
			putFile(t, encodePNG(t, paletteOf(smallMask, 3, 2)), dir, "masks", "b.png")
		}, false},
		`2 images called "a"`: {func(dir string) {
			putObject(t, dir, "a", 9, 9)
			putFile(t, encodePNG(t, smallImage), dir, "images", "a.jpg")
		}, false},
		`b.jpg": it is no PNG`: {func(dir string) {
			putObject(t, dir, "a", 9, 9)
			putFile(t, encodePNG(t, smallImage), dir, "images", "b.jpg")
			putFile(t, []byte("\xff\xd8\xff\xe0 say"), dir, "masks", "b.jpg")
		}, false},
		`a.png": it has 16 bits a pixel`: {func(dir string) {
			putObject(t, dir, "a", 9, 9)
			putFile(t, encodePNG(t, image.NewGray16(image.Rect(0, 0, 9, 9))), dir, "masks", "a.png")
		}, false},
		`a.png": it is an RGB image`: {func(dir string) {
			putObject(t, dir, "a", 9, 9)
			putFile(t, encodePNG(t, smallImage), dir, "masks", "a.png")
		}, false},
		`has no masks that are PNG files`: {func(dir string) {
			vocFolder(t, dir, nil, "a")
			if err := os.Mkdir(filepath.Join(dir, "SegmentationObject"), 0o755); err != nil {
				t.Fatal(err)
			}
		}, false},
	} {
		dir := t.TempDir()
		c.make(dir)
		_, err := OpenObjects(dir)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") || errors.Is(err, ErrOtherLayout) != c.other {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	dir := t.TempDir()
	putObject(t, dir, "a", 9, 9)
	if _, err := OpenClassObjects(dir); err == nil || !strings.Contains(err.Error(), "only VOC's folders") {
		t.Errorf("by class, without classes: %v", err)
	}
	for _, path := range []string{filepath.Join(dir, "none"), filepath.Join(dir, "images", "a.png")} {
		if _, err := OpenObjects(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
