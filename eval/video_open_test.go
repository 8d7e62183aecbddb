package eval

import (
	"errors"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// names are the sequences' names.
func (v *Videos) names() string {
	var names []string
	for _, s := range v.Sequences {
		names = append(names, s.Name)
	}
	return strings.Join(names, " ")
}

func TestOpenVideos(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"bear", "dog", "train"} {
		writeVideo(t, dir, name, 40, 40, 4)
	}
	putFile(t, nil, dir, "JPEGImages", "480p", "bear", "._00000.jpg") // as macOS leaves them
	check := func(dir, want string) *Videos {
		t.Helper()
		v, err := OpenVideos(dir)
		if err != nil {
			t.Fatal(err)
		}
		if v.names() != want {
			t.Errorf("sequences %s, want %s", v.names(), want)
		}
		return v
	}
	v := check(dir, "bear dog train")
	if s := v.Sequences[0]; len(s.Frames) != 4 || len(s.Masks) != 4 || !s.Scored() ||
		s.Frames[2] != filepath.Join(dir, "JPEGImages", "480p", "bear", "00002.png") || s.Masks[2] != filepath.Join(dir, "Annotations", "480p", "bear", "00002.png") {
		t.Errorf("%+v", s)
	}
	putFile(t, []byte("dog\n\nbear\ndog\n"), dir, "ImageSets", "2017", "val.txt")
	check(dir, "dog bear")

	// the last mask does not count; one between does
	last, middle := filepath.Join(dir, "Annotations", "480p", "dog", "00003.png"), filepath.Join(dir, "Annotations", "480p", "bear", "00001.png")
	for _, path := range []string{last, middle} {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	v = check(dir, "dog bear")
	if dog, bear := v.Sequences[0], v.Sequences[1]; !dog.Scored() || dog.Lacking() != 0 || bear.Scored() || bear.Lacking() != 1 {
		t.Errorf("dog %+v, bear %+v", dog, bear)
	}

	// another resolution, none, and the folder above
	move := func(from, to string) {
		t.Helper()
		if err := os.Rename(filepath.Join(dir, from), filepath.Join(dir, to)); err != nil {
			t.Fatal(err)
		}
	}
	for _, kind := range []string{"JPEGImages", "Annotations"} {
		move(kind+"/480p", kind+"/1080p")
	}
	check(dir, "dog bear")
	for _, kind := range []string{"JPEGImages", "Annotations"} {
		move(kind+"/1080p", kind+"2")
		if err := os.Remove(filepath.Join(dir, kind)); err != nil {
			t.Fatal(err)
		}
		move(kind+"2", kind)
	}
	check(dir, "dog bear")
	above := t.TempDir()
	if err := os.Rename(dir, filepath.Join(above, "DAVIS")); err != nil {
		t.Fatal(err)
	}
	check(above, "dog bear")
}

func TestOpenVideosOfTwoFrames(t *testing.T) {
	dir := t.TempDir()
	writeVideo(t, dir, "short", 40, 40, 2)
	v, err := OpenVideos(dir)
	if err != nil || v.Sequences[0].Scored() || v.Sequences[0].Lacking() != 0 {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestOpenVideosRefuses(t *testing.T) {
	gray16, rgb := image.NewGray16(image.Rect(0, 0, 40, 40)), image.NewNRGBA(image.Rect(0, 0, 40, 40))
	_, other := drawnFrame(41, 40, 0)
	for want, damage := range map[string]func(dir string){
		"the mask":                  func(dir string) { remove(t, dir, "Annotations", "480p", "dog", "00000.png") },
		"which says what to follow": func(dir string) { remove(t, dir, "Annotations", "480p", "dog") },
		"it has 16 bits a pixel, and labels go up to 255":  func(dir string) { putFile(t, encodePNG(t, gray16), dir, "Annotations", "480p", "dog", "00001.png") },
		"it is an RGB image, whose colors name no objects": func(dir string) { putFile(t, encodePNG(t, rgb), dir, "Annotations", "480p", "dog", "00000.png") },
		"is 41 x 40 pixels and that of the first frame 40 x 40": func(dir string) {
			putFile(t, encodePNG(t, paletteOf(other, 41, 40)), dir, "Annotations", "480p", "dog", "00002.png")
		},
		"has 1 frames, and nothing follows the first": func(dir string) {
			for _, frame := range []string{"00001.png", "00002.png"} {
				remove(t, dir, "JPEGImages", "480p", "dog", frame)
			}
		},
		"names the sequence \"cat\"":   func(dir string) { putFile(t, []byte("cat\n"), dir, "ImageSets", "2017", "val.txt") },
		"which is no name of a folder": func(dir string) { putFile(t, []byte("../../etc\n"), dir, "ImageSets", "2017", "val.txt") },
		"names no sequence":            func(dir string) { putFile(t, []byte("\n"), dir, "ImageSets", "2017", "val.txt") },
		"holds no sequence":            func(dir string) { remove(t, dir, "JPEGImages", "480p", "dog") },
		"is missing, which holds the masks": func(dir string) {
			remove(t, dir, "Annotations", "480p")
		},
		"has several folders and none is 480p": func(dir string) {
			for _, name := range []string{"1080p", "Full-Resolution"} {
				writeVideo(t, dir, "../"+name+"/dog", 40, 40, 2)
			}
			remove(t, dir, "JPEGImages", "480p")
		},
	} {
		dir := t.TempDir()
		writeVideo(t, dir, "dog", 40, 40, 3)
		damage(dir)
		_, err := OpenVideos(dir)
		if err == nil || errors.Is(err, ErrOtherLayout) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if _, err := OpenVideos(filepath.Join(t.TempDir(), "none")); err == nil || errors.Is(err, ErrOtherLayout) {
		t.Errorf("a folder that is not there: %v", err)
	}
	voc := t.TempDir()
	putFile(t, nil, voc, "JPEGImages", "2007_000027.jpg")
	putFile(t, nil, voc, "Annotations", "2007_000027.xml")
	for _, dir := range []string{t.TempDir(), voc} {
		if _, err := OpenVideos(dir); !errors.Is(err, ErrOtherLayout) {
			t.Errorf("another layout: %v", err)
		}
	}
}

func remove(t *testing.T, path ...string) {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(path...)); err != nil {
		t.Fatal(err)
	}
}
