package eval

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/disk"
)

// masked are the images and the masks of two folders.
type masked struct {
	source        augment.Source
	images, masks stems
	imageFolder   string
	maskFolder    string
}

// stems are files by their names without the ending, with slashes.
type stems struct {
	order []string
	files map[string][]int // the numbers of the files of a stem
	names []string         // of each file
}

func (s *stems) add(name string) {
	stem := strings.TrimSuffix(name, path.Ext(name))
	if s.files == nil {
		s.files = map[string][]int{}
	}
	if len(s.files[stem]) == 0 {
		s.order = append(s.order, stem)
	}
	s.files[stem] = append(s.files[stem], len(s.names))
	s.names = append(s.names, name)
}

func listMasked(images, masks string) (*masked, error) {
	p := &masked{imageFolder: images, maskFolder: masks}
	var err error
	if p.source, err = augment.OpenFolder(images); err != nil {
		return nil, err
	}
	for i := range p.source.Len() {
		p.images.add(filepath.ToSlash(p.source.Name(i)))
	}
	var others []string
	err = fs.WalkDir(os.DirFS(masks), ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return disk.CannotRead(filepath.Join(masks, filepath.FromSlash(name)), err)
		case e.IsDir() || strings.HasPrefix(e.Name(), "."):
			return nil
		case strings.EqualFold(path.Ext(name), ".png"):
			p.masks.add(name)
		default:
			others = append(others, name)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	order := p.masks.order
	for _, name := range others { // what stands in a mask's place is told to be no PNG
		p.masks.add(name)
	}
	p.masks.order = order
	return p, nil
}

// open pairs images with masks by their stems, which stand in `from`; all says that no mask may be left over.
func (p *masked) open(order []string, from string, all bool) (*Objects, error) {
	o := &Objects{Folder: p.maskFolder}
	var which []int
	seen := map[string]bool{}
	for _, stem := range order {
		images, masks := p.images.files[stem], p.masks.files[stem]
		switch {
		case seen[stem]:
			return nil, fmt.Errorf("%s names %s twice: leave one out", from, disk.Quote(stem))
		case len(images) == 0:
			return nil, fmt.Errorf("%s names %s, and %s has no such image: add it, or leave the name out", from, disk.Quote(stem), disk.Quote(p.imageFolder))
		case len(images) > 1:
			return nil, fmt.Errorf("%s has %d images called %s: one mask cannot be of both", disk.Quote(p.imageFolder), len(images), disk.Quote(stem))
		case len(masks) == 0:
			return nil, fmt.Errorf("the mask of %s is missing: %s has no such PNG", disk.Quote(p.images.names[images[0]]), disk.Quote(p.maskFolder))
		}
		seen[stem] = true
		mask := filepath.Join(p.maskFolder, filepath.FromSlash(p.masks.names[masks[0]]))
		if err := checkLabels(mask); err != nil {
			return nil, err
		}
		which, o.Masks = append(which, images[0]), append(o.Masks, mask)
	}
	if all {
		for _, stem := range p.masks.order {
			if !seen[stem] {
				return nil, fmt.Errorf("mask %s of %s has no image in %s: add it, or leave the mask out", disk.Quote(stem), disk.Quote(p.maskFolder), disk.Quote(p.imageFolder))
			}
		}
	}
	if len(which) == 0 {
		return nil, fmt.Errorf("%s has no masks that are PNG files", disk.Quote(p.maskFolder))
	}
	o.Source = augment.Pick(p.source, which)
	return o, nil
}
