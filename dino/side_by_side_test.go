package dino

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
)

// auto goes by what a device can bind. A GPU's memory is tried, a software adapter's is the machine's and is not.
func TestAutoGoesByTheTargetsLimits(t *testing.T) {
	s, err := settings.FromPreset("vits16")
	if err != nil {
		t.Fatal(err)
	}
	s.Config.Depth = 3 // shapes are those of 12 blocks
	software := gpu.SoftwareTarget
	software.Binding = gpu.DesktopBinding
	for _, c := range []struct {
		name   string
		target gpu.Target
		batch  int
		want   settings.Crops
	}{
		{"any device", gpu.GPUTarget, 64, settings.CropsApart}, // the MLP's hidden layer has 147 MiB for two global crops
		{"any device", gpu.GPUTarget, 55, settings.CropsBySize},
		{"desktop", gpu.DesktopTarget(), 64, settings.CropsTogether},
		{"software", software, 64, settings.CropsApart},
		{"software", software, 16, settings.CropsTogether},
	} {
		s.Config.BatchSize = c.batch
		tr, err := Record(s.Config, c.target, 1, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if tr.Crops() != c.want {
			t.Errorf("%s, batch %d: crops %s, want %s", c.name, c.batch, tr.Crops(), c.want)
		}
	}
}

// Where there is no room, auto takes fewer crops side by side until there is, and says so; what was tried before holds
// nothing. Crops that were asked for are kept to.
func TestFewerCropsWhereThereIsNoRoom(t *testing.T) {
	d := openDevice(t)
	before := d.Allocated()
	for _, c := range []struct {
		asked settings.Crops
		room  int // trainers that there is none for
		want  settings.Crops
		said  []string
		fails bool
	}{
		{settings.CropsAuto, 0, settings.CropsTogether, nil, false},
		{settings.CropsAuto, 1, settings.CropsBySize, []string{"but those of one size: no room for 1"}, false},
		{settings.CropsAuto, 2, settings.CropsApart, []string{"but those of one size: no room for 1", "but each by itself: no room for 2"}, false},
		{settings.CropsAuto, 3, settings.CropsApart, []string{"but those of one size: no room for 1", "but each by itself: no room for 2"}, true},
		{settings.CropsTogether, 1, settings.CropsTogether, nil, true},
	} {
		first, err := Record(tinyConfig(), d.Target(), 4, Options{Crops: c.asked})
		if err != nil {
			t.Fatal(err)
		}
		asked, said := 0, []string{}
		tr, err := first.BuildFitting(d, func(*Trainer) error {
			if asked++; asked <= c.room {
				return fmt.Errorf("no room for %d", asked)
			}
			return nil
		}, func(sentence string) { said = append(said, sentence) })
		if (err != nil) != c.fails || tr.Crops() != c.want || len(said) != len(c.said) || tr.Schedules.Steps() != first.Schedules.Steps() {
			t.Errorf("crops %s without room for %d: crops %s, %v, said %q", c.asked, c.room, tr.Crops(), err, said)
		}
		for i := range min(len(said), len(c.said)) {
			if !strings.HasSuffix(said[i], c.said[i]) {
				t.Errorf("crops %s without room for %d: said %q, want %q", c.asked, c.room, said[i], c.said[i])
			}
		}
		if need, err := tr.Memory(); !c.fails && (err != nil || d.Allocated()-before < need) {
			t.Errorf("crops %s: %d bytes are there of %d, %v", tr.Crops(), d.Allocated()-before, need, err)
		}
		tr.Release()
		if left := d.Allocated() - before; left != 0 {
			t.Errorf("crops %s without room for %d: %d bytes are left", c.asked, c.room, left)
		}
	}
}

// An error that has nothing to do with memory is not answered with fewer crops.
func TestOnlyMemoryTakesFewerCrops(t *testing.T) {
	d := openDevice(t)
	tr, err := Record(tinyConfig(), d.Target(), 4, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Build(d); err != nil {
		t.Fatal(err)
	}
	defer tr.Release()
	_, err = tr.BuildFitting(d, nil, func(sentence string) { t.Errorf("it says %q", sentence) })
	if err == nil || errors.As(err, new(*gpu.MemoryError)) {
		t.Errorf("built twice: %v", err)
	}
}
