package eval

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// Videos are sequences of frames with masks of their objects.
type Videos struct {
	Folder    string // that holds the sequences' folders of frames
	Sequences []Sequence
}

// A Sequence is one video.
type Sequence struct {
	Name   string
	Frames []string // paths in order, two at least
	Masks  []string // of each frame: its path, or "" where there is none; the first is always there
}

// Lacking is how many masks are missing of frames that count: all but the first and the last.
func (s Sequence) Lacking() int {
	n := 0
	for _, mask := range s.Masks[1 : len(s.Masks)-1] {
		if mask == "" {
			n++
		}
	}
	return n
}

// Scored tells whether the sequence can be measured: some frames count, and all of those have masks.
func (s Sequence) Scored() bool { return len(s.Frames) > 2 && s.Lacking() == 0 }

// OpenVideos finds sequences in a folder laid out as DAVIS 2017, or with a folder DAVIS that is: frames in
// JPEGImages/480p/SEQUENCE, masks of the same names in Annotations/480p/SEQUENCE, and which sequences take part in
// ImageSets/2017/val.txt, all without that file. Another folder may stand in 480p's place where it is the only one, or
// none. A mask is a palette or gray PNG: 0 is background, 255 void. Only headers of masks are read here. The error for a
// folder of another layout wraps ErrOtherLayout.
func OpenVideos(dir string) (*Videos, error) {
	if info, err := os.Stat(dir); err != nil {
		return nil, disk.CannotRead(dir, err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("%s is no folder: give one of sequences of frames, as DAVIS 2017", disk.Quote(dir))
	}
	root := dir
	if isFolder(filepath.Join(dir, "DAVIS", "JPEGImages")) {
		root = filepath.Join(dir, "DAVIS")
	}
	if !isFolder(filepath.Join(root, "JPEGImages")) || !isFolder(filepath.Join(root, "Annotations")) {
		return nil, otherLayoutf("%s lacks JPEGImages or Annotations, which hold frames and masks in DAVIS 2017", disk.Quote(dir))
	}
	resolution, err := videoResolution(filepath.Join(root, "JPEGImages"))
	if err != nil {
		return nil, err
	}
	v := &Videos{Folder: filepath.Join(root, "JPEGImages", resolution)}
	masks := filepath.Join(root, "Annotations", resolution)
	if !isFolder(masks) {
		return nil, fmt.Errorf("%s is missing, which holds the masks of the frames in %s: unpack the whole of the set", disk.Quote(masks), disk.Quote(v.Folder))
	}
	names, list, err := sequenceNames(root, v.Folder)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if !isFolder(filepath.Join(v.Folder, name)) {
			return nil, fmt.Errorf("%s names the sequence %s, and %s has no folder of that name", disk.Quote(list), disk.Quote(name), disk.Quote(v.Folder))
		}
		s, err := openSequence(name, filepath.Join(v.Folder, name), filepath.Join(masks, name))
		if err != nil {
			return nil, err
		}
		v.Sequences = append(v.Sequences, s)
	}
	return v, nil
}

// foldersIn are the folders in a folder, in order.
func foldersIn(path string) ([]string, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, disk.CannotRead(path, err)
	}
	var names []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && isFolder(filepath.Join(path, e.Name())) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// framesIn are the images in a folder, in order.
func framesIn(path string) ([]string, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, disk.CannotRead(path, err)
	}
	var names []string
	for _, e := range entries {
		ending := strings.ToLower(filepath.Ext(e.Name()))
		if slices.Contains([]string{".jpg", ".jpeg", ".png"}, ending) && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// videoResolution is the folder of JPEGImages that holds the sequences: 480p, the only one, or "" where the sequences lie in
// JPEGImages itself.
func videoResolution(images string) (string, error) {
	if isFolder(filepath.Join(images, "480p")) {
		return "480p", nil
	}
	folders, err := foldersIn(images)
	if err != nil {
		return "", err
	}
	for _, folder := range folders {
		frames, err := framesIn(filepath.Join(images, folder))
		if err != nil {
			return "", err
		}
		if len(frames) > 0 {
			return "", nil
		}
	}
	switch len(folders) {
	case 0:
		return "", otherLayoutf("%s has no folders with frames of a sequence each", disk.Quote(images))
	case 1:
		return folders[0], nil
	}
	return "", fmt.Errorf("%s has several folders and none is 480p: leave one of %s there, beside it the same in Annotations", disk.Quote(images), disk.Quote(strings.Join(folders, ", ")))
}

// sequenceNames are the sequences that take part, and the file that says so.
func sequenceNames(root, folder string) (names []string, list string, err error) {
	list = filepath.Join(root, "ImageSets", "2017", "val.txt")
	f, _, err := disk.OpenRegular(list)
	if errors.Is(err, fs.ErrNotExist) {
		if names, err = foldersIn(folder); err == nil && len(names) == 0 {
			err = fmt.Errorf("%s holds no sequence: each is a folder of frames", disk.Quote(folder))
		}
		return names, "", err
	}
	if err != nil {
		return nil, "", err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		name := strings.TrimSpace(lines.Text())
		if name == "" || slices.Contains(names, name) {
			continue
		}
		if !filepath.IsLocal(name) {
			return nil, "", fmt.Errorf("%s names the sequence %s, which is no name of a folder", disk.Quote(list), disk.Quote(name))
		}
		names = append(names, name)
	}
	if err := lines.Err(); err != nil {
		return nil, "", disk.CannotRead(list, err)
	}
	if len(names) == 0 {
		return nil, "", fmt.Errorf("%s names no sequence: write the names of some, a line each, or remove it", disk.Quote(list))
	}
	return names, list, nil
}

// openSequence pairs frames with masks and looks at the masks' headers.
func openSequence(name, images, masks string) (Sequence, error) {
	s := Sequence{Name: name}
	frames, err := framesIn(images)
	if err != nil {
		return s, err
	}
	if len(frames) < 2 {
		return s, fmt.Errorf("the sequence %s has %d frames, and nothing follows the first: give 3 or more, of which the first and the last do not count", disk.Quote(images), len(frames))
	}
	var first labelsHead
	for i, frame := range frames {
		s.Frames = append(s.Frames, filepath.Join(images, frame))
		mask := filepath.Join(masks, strings.TrimSuffix(frame, filepath.Ext(frame))+".png")
		head, err := openLabelsHead(mask)
		switch {
		case errors.Is(err, fs.ErrNotExist) && i == 0:
			return s, fmt.Errorf("the mask %s of the first frame is missing, which says what to follow", disk.Quote(mask))
		case errors.Is(err, fs.ErrNotExist):
			mask = ""
		case errors.Is(err, errDamagedMask): // its turn comes when it is read
		case err != nil:
			return s, fmt.Errorf("mask %s: %w", disk.Quote(mask), err)
		case i == 0:
			first = head
		case first.w > 0 && (head.w != first.w || head.h != first.h):
			return s, fmt.Errorf("mask %s is %d x %d pixels and that of the first frame %d x %d: make all of one size", disk.Quote(mask), head.w, head.h, first.w, first.h)
		}
		s.Masks = append(s.Masks, mask)
	}
	return s, nil
}

// openLabelsHead reads what a mask's first bytes say.
func openLabelsHead(path string) (labelsHead, error) {
	f, size, err := disk.OpenRegular(path)
	if err != nil {
		return labelsHead{}, err
	}
	defer f.Close()
	return readLabelsHead(f, size)
}
