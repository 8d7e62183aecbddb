package report

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"image/png"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/weights"
)

// What images of a run a page takes in: it is to be opened on a phone.
const (
	mostImages      = 24
	largestImage    = 4 << 20  // bytes
	largestTogether = 12 << 20 // bytes of one run's
)

// An image is a PNG of a run's folder.
type image struct {
	name string // within the folder, with slashes
	info fs.FileInfo
	html string // a figure; empty: no PNG
}

// images are those of a run's folder, the newest where there are too many.
type images struct {
	folder  string
	list    []image
	leftOut []string
}

// refresh looks for what is new.
func (s *images) refresh() (changed bool) {
	found := s.find()
	sort.SliceStable(found, func(i, k int) bool { return found[i].info.ModTime().After(found[k].info.ModTime()) })
	var list []image
	var leftOut []string
	together := int64(0)
	for _, f := range found {
		size := f.info.Size()
		if len(list) == mostImages || size > largestImage || together+size > largestTogether {
			leftOut = append(leftOut, f.name)
			continue
		}
		if i := s.index(f); i >= 0 {
			f.html = s.list[i].html
		} else {
			f.html, changed = figure(filepath.Join(s.folder, filepath.FromSlash(f.name)), f.name), true
		}
		together += size
		list = append(list, f)
	}
	sort.Slice(list, func(i, k int) bool { return list[i].name < list[k].name })
	sort.Strings(leftOut)
	changed = changed || len(list) != len(s.list) || len(leftOut) != len(s.leftOut)
	s.list, s.leftOut = list, leftOut
	return changed
}

// find lists PNG files in the folder and in the folders within it, but no checkpoints. A link may lead anywhere, so only
// what lies there itself is taken.
func (s *images) find() (found []image) {
	look := func(within string) (folders []string) {
		entries, _ := os.ReadDir(filepath.Join(s.folder, within)) // a folder that cannot be read shows nothing
		for _, e := range entries {
			name := path.Join(within, e.Name())
			info, err := e.Info()
			switch {
			case err != nil || strings.HasPrefix(e.Name(), "."):
			case info.IsDir() && e.Name() != weights.CheckpointsFolder:
				folders = append(folders, name)
			case info.Mode().IsRegular() && strings.EqualFold(path.Ext(e.Name()), ".png"):
				found = append(found, image{name: name, info: info})
			}
		}
		return folders
	}
	for _, folder := range look("") {
		look(folder)
	}
	return found
}

// index is that of an image that was read already, else -1.
func (s *images) index(f image) int {
	for i, old := range s.list {
		if old.name == f.name && old.info.Size() == f.info.Size() && old.info.ModTime().Equal(f.info.ModTime()) && os.SameFile(old.info, f.info) {
			return i
		}
	}
	return -1
}

// figure is an image with its words in HTML. One that is half written, or no PNG, is looked at again when it has changed.
func figure(file, name string) string {
	f, size, err := disk.OpenRegular(file)
	if err != nil || size > largestImage {
		return ""
	}
	defer f.Close() // nothing was written
	data := make([]byte, size)
	n, _ := f.ReadAt(data, 0)
	data = data[:n]
	config, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return ""
	}
	name = html.EscapeString(disk.Printable(name))
	return fmt.Sprintf(`<figure class="image"><img alt="%s" width="%d" height="%d" src="data:image/png;base64,%s"><figcaption><b>%[1]s</b> %[5]s</figcaption></figure>`,
		name, config.Width, config.Height, base64.StdEncoding.EncodeToString(data), caption(name))
}

// caption says what an image shows, as its name tells.
func caption(name string) string {
	for _, c := range []struct{ part, words string }{
		{"attention", "What each head of the teacher's last block looks at: the brighter, the more of the class token's attention. Heads that trace whole objects have learned."},
		{"neighbours", "Queries at the left, each with the images whose features are nearest, the nearest first. Neighbors that show the same thing as their query are what training is for."},
		{"pca", "The first three principal components of the patches' features as red, green and blue: parts that mean the same should have the same color in every image."},
	} {
		if strings.Contains(strings.ToLower(name), c.part) {
			return c.words
		}
	}
	return ""
}

// version changes with what the images show.
func (s *images) version() string {
	var b strings.Builder
	for _, i := range s.list {
		fmt.Fprintln(&b, i.name, i.info.Size(), i.info.ModTime().UnixNano())
	}
	return b.String() + strings.Join(s.leftOut, "\n")
}
