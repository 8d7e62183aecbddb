package run

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/settings"
)

// spoiled makes a folder of n images of which bad are none, and two files of other kinds.
func spoiled(t *testing.T, n, bad int) settings.Paths {
	t.Helper()
	dir := t.TempDir()
	var whole bytes.Buffer
	if err := png.Encode(&whole, image.NewGray(image.Rect(0, 0, 28, 28))); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		text := whole.String()
		if i < bad {
			text = "no image"
		}
		write(t, filepath.Join(dir, fmt.Sprintf("%03d.png", i)), text)
	}
	write(t, filepath.Join(dir, "a.txt"), "")
	write(t, filepath.Join(dir, "b.heic"), "")
	return settings.Paths(dir)
}

// What is passed over and left out is said, counted and named, of the bad images the first twenty one by one.
func TestImagesLeftOutAreCountedAndNamed(t *testing.T) {
	d := openDevice(t)
	s, folder, h := tiny(2), filepath.Join(t.TempDir(), "run"), &heard{}
	s.Config.Data, s.Config.Limit = spoiled(t, 48, 23), 0
	s.Run.MaxBad = settings.MaxBad{Percent: 50}
	s.Run.MaxSteps = 20 // of 24: every image is asked for in the first 12
	_ = trained(t, func() (*Run, error) {
		return New(t.Context(), Options{Settings: s, Folder: folder, Device: d, Notices: h})
	})
	one := 0
	for _, sentence := range h.said {
		if strings.Contains(sentence, ".png is left out: ") {
			one++
		}
	}
	list := filepath.Join(folder, badImagesFile)
	if one != mostTold || !h.holds("more images are left out: they are counted, and named in "+list) || !h.holds("23 images of 48 cannot be read and are left out: "+list) {
		t.Errorf("%d bad images are told one by one; said %q", one, h.said)
	}
	if !h.holds("passed over in "+string(s.Config.Data)+": 1 .heic (HEIC is not read") || !h.holds(", 1 .txt") {
		t.Errorf("what is passed over is not said: %q", h.said)
	}
	named := func() []string {
		var names []string
		for line := range strings.Lines(read(t, list)) {
			name, cause, _ := strings.Cut(line, "\t")
			if !strings.Contains(cause, name) {
				t.Errorf("the line %q names no cause", line)
			}
			names = append(names, name)
		}
		slices.Sort(names)
		return names
	}
	var want []string
	for i := range 23 {
		want = append(want, fmt.Sprintf("%03d.png", i))
	}
	if got := named(); !slices.Equal(got, want) {
		t.Errorf("named: %v", got)
	}
	if err := trained(t, func() (*Run, error) { return Resume(t.Context(), folder, Options{Device: d}) }); err != nil {
		t.Fatal(err)
	}
	if got := named(); !slices.Equal(got, want) {
		t.Errorf("after a resume: %v", got)
	}
}

// max_bad says when bad images stop a run.
func TestMaxBadStopsARun(t *testing.T) {
	d := openDevice(t)
	for limit, said := range map[settings.MaxBad]string{{Images: 2}: "more than the 2 that", {}: "more than the 0 that"} {
		s := tiny(1)
		s.Config.Data, s.Config.Limit = spoiled(t, 24, 5), 0
		s.Run.MaxBad = limit
		err := trained(t, func() (*Run, error) {
			return New(t.Context(), Options{Settings: s, Folder: filepath.Join(t.TempDir(), "run"), Device: d})
		})
		if err == nil || !strings.Contains(err.Error(), said) || !strings.Contains(err.Error(), "`max_bad`") {
			t.Errorf("%+v: %v", limit, err)
		}
	}
}

// Several folders are one set, in a run as in its config.yaml.
func TestSeveralFoldersAreOneSet(t *testing.T) {
	s := tiny(1)
	one, two := spoiled(t, 3, 0), spoiled(t, 4, 0)
	s.Config.Data, s.Config.Limit = one.Add(string(two)), 0
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, s.YAML(), 0o666); err != nil {
		t.Fatal(err)
	}
	back, err := settings.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	images, err := OpenImages(back.Config)
	if err != nil {
		t.Fatal(err)
	}
	if images.Len() != 7 || len(augment.Remarks(images)) != 2 {
		t.Errorf("%d images, %q", images.Len(), augment.Remarks(images))
	}
}
