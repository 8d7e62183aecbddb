package settings

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The settings of preset auto for a situation, with more under flags.
func autoFor(t *testing.T, at AutoInput, flags ...string) Settings {
	t.Helper()
	src := Sources{Preset: PresetAuto, Flags: map[string]string{}, AutoInput: func(Settings) AutoInput { return at }}
	for i := 0; i < len(flags); i += 2 {
		src.Flags[flags[i]] = flags[i+1]
	}
	s, err := src.Merge()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// LightlyTrain's table and lines (reference.md 9.3), in this program's epochs.
func TestAutoFollowsTheNumberOfImages(t *testing.T) {
	for _, c := range []struct {
		images   int
		software bool
		want     string
	}{
		{300, false, "vit_tiny K 1024 batch 8 epochs 800 x 37 lr 80 freeze 34 temp 0.02-0.02 (0) momentum 0.99 crops 224 8x96"},
		{1000, false, "vit_tiny K 1024 batch 16 epochs 484 x 62 lr 48 freeze 20 temp 0.02-0.02 (0) momentum 0.99 crops 224 8x96"},
		{19_999, false, "vit_tiny K 1024 batch 64 epochs 100 x 312 lr 10 freeze 4 temp 0.02-0.02 (0) momentum 0.99 crops 224 8x96"},
		{20_000, false, "vit_small K 2048 batch 64 epochs 100 x 312 lr 10 freeze 4 temp 0.02-0.02 (0) momentum 0.99 crops 224 8x96"},
		{50_000, false, "vit_small K 4096 batch 64 epochs 100 x 781 lr 10 freeze 2 temp 0.02061-0.02153 (30) momentum 0.9902 crops 224 8x96"},
		{100_000, false, "vit_small K 16384 batch 64 epochs 100 x 1562 lr 8 freeze 1 temp 0.02163-0.02408 (24) momentum 0.9905 crops 224 8x96"},
		{200_000, false, "vit_small K 32768 batch 64 epochs 100 x 3125 lr 4 freeze 1 temp 0.02367-0.02918 (12) momentum 0.9911 crops 224 8x96"},
		{500_000, false, "vit_small K 65536 batch 64 epochs 100 x 7812 lr 2 freeze 1 temp 0.0298-0.04449 (5) momentum 0.9929 crops 224 8x96"},
		{1_281_167, false, "vit_small K 65536 batch 64 epochs 100 x 20018 lr 1 freeze 1 temp 0.04-0.07 (2) momentum 0.996 crops 224 8x96"},
		{5, true, "vit_tiny K 1024 batch 5 epochs 800 x 1 lr 80 freeze 80 temp 0.02-0.02 (0) momentum 0.99 crops 96 4x48"},
		{300, true, "vit_tiny K 1024 batch 8 epochs 28 x 37 lr 2 freeze 2 temp 0.02-0.02 (0) momentum 0.99 crops 96 4x48"},
		{50_000, true, "vit_tiny K 4096 batch 8 epochs 10 x 6250 lr 1 freeze 1 temp 0.02061-0.02153 (3) momentum 0.9902 crops 96 4x48"},
	} {
		at := AutoInput{Images: c.images, Software: c.software}
		s := autoFor(t, at).Config
		got := fmt.Sprintf("%s K %d batch %d epochs %d x %d lr %d freeze %d temp %g-%g (%d) momentum %g crops %d %dx%d",
			s.Arch, s.OutDim, s.BatchSize, s.Epochs, s.stepsOf(at), s.WarmupEpochs, s.FreezeLastLayer,
			s.WarmupTeacherTemp, s.TeacherTemp, s.WarmupTeacherTempEpochs, s.MomentumTeacher,
			s.GlobalCropsSize, s.LocalCropsNumber, s.LocalCropsSize)
		if got != c.want {
			t.Errorf("%d images, software %v:\n got %s\nwant %s", c.images, c.software, got, c.want)
		}
	}
}

// Auto's rate goes with the batch's root: the vanilla run's at its batch.
func TestAutosRate(t *testing.T) {
	at := AutoInput{Images: 100_000}
	for batch, want := range map[string]float64{"512": 1e-3, "128": 5e-4, "8": 1.25e-4} {
		if got := autoFor(t, at, "batch_size", batch).Config.ScaledLR(); got < 0.97*want || got > 1.03*want {
			t.Errorf("batch %s: the rate used is %g, want %g", batch, got, want)
		}
	}
}

// Whatever the images and whatever is fixed by hand, the run is one that
// works, and nothing but what auto speaks for is changed.
func TestAutoIsAlwaysUsable(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		at := AutoInput{
			Images:   rapid.OneOf(rapid.IntRange(1, 400), rapid.IntRange(1, 3_000_000)).Draw(rt, "images"),
			Software: rapid.Bool().Draw(rt, "software"),
		}
		var flags []string
		if rapid.Bool().Draw(rt, "epochs given") {
			flags = append(flags, "epochs", fmt.Sprint(rapid.IntRange(1, 1000).Draw(rt, "epochs")))
		}
		if rapid.Bool().Draw(rt, "batch given") {
			flags = append(flags, "batch_size", fmt.Sprint(rapid.IntRange(1, min(at.Images, 4096)).Draw(rt, "batch")))
		}
		s := autoFor(t, at, flags...)
		s.Config.Data = "images"
		if err := s.Validate(); err != nil {
			rt.Fatal(err)
		}
		if s.Config.StepImages() > at.Images {
			rt.Fatalf("a step takes %d images, and there are %d", s.Config.StepImages(), at.Images)
		}
		for _, sentence := range Advise(s, at) {
			if len(flags) == 0 {
				rt.Fatalf("auto is advised against itself: %s", sentence)
			}
			if strings.Contains(sentence, "warmup") || strings.Contains(sentence, "freeze") || strings.Contains(sentence, "out_dim") {
				rt.Fatalf("auto is advised against itself: %s", sentence)
			}
		}
		epochs := s.Run.CheckpointEvery / s.Config.stepsOf(at)
		if s.Run.CheckpointEvery%s.Config.stepsOf(at) != 0 || s.Run.SaveckpFreq%epochs != 0 {
			rt.Fatalf("a checkpoint every %d steps and one for ever every %d epochs of %d steps do not meet", s.Run.CheckpointEvery, s.Run.SaveckpFreq, s.Config.stepsOf(at))
		}
		usual := Default()
		for _, key := range s.Keys() {
			got, _ := s.Get(key)
			want, _ := usual.Get(key)
			if got != want && !slices.Contains(append(autoKeys, "preset", "data"), key) {
				rt.Fatalf("auto sets %s to %s", key, got)
			}
		}
	})
}

// Every other source beats auto, and what follows from them follows.
func TestAutoIsTheWeakestSource(t *testing.T) {
	file := writeTemp(t, "preset: auto\nepochs: 20\nout_dim: 99\nteacher_temp: 0.05\n")
	asked := 0
	src := Sources{ConfigFile: file, Env: env("DINOGPU_OUT_DIM", "98", "DINOGPU_LIMIT", "7"), Flags: map[string]string{"out_dim": "97", "batch_size": "10"}}
	src.AutoInput = func(s Settings) AutoInput {
		asked++
		if s.Config.Limit != 7 {
			t.Errorf("asked about %d images at most, want 7", s.Config.Limit)
		}
		return AutoInput{Images: 1000}
	}
	s, err := src.Merge()
	if err != nil {
		t.Fatal(err)
	}
	c := s.Config
	if asked != 1 || s.Preset != PresetAuto || c.OutDim != 97 || c.Epochs != 20 || c.BatchSize != 10 || c.TeacherTemp != 0.05 {
		t.Errorf("asked %d times, got %+v", asked, s)
	}
	// 20 epochs of 100 steps: a tenth and 30 % of them
	if c.WarmupEpochs != 2 || c.FreezeLastLayer != 2 || c.WarmupTeacherTempEpochs != 0 {
		t.Errorf("warm-up %d, freeze %d, temperature's %d", c.WarmupEpochs, c.FreezeLastLayer, c.WarmupTeacherTempEpochs)
	}
}

// A run's config.yaml gives its settings again, and nobody counts.
func TestAutosConfigFileIsNotCountedAgain(t *testing.T) {
	want := autoFor(t, AutoInput{Images: 300, Software: true}, "epochs", "9", "data", "somewhere")
	file := writeTemp(t, string(want.YAML()))
	for _, preset := range []string{"", PresetAuto} {
		got, err := Sources{Preset: preset, ConfigFile: file, AutoInput: func(Settings) AutoInput {
			t.Error("the images are counted again")
			return AutoInput{Images: 1}
		}}.Merge()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestAutoNoticeSaysWhatItChose(t *testing.T) {
	at := AutoInput{Images: 312, Software: true}
	got := AutoNotice(autoFor(t, at), at)
	for _, want := range []string{"312 images", "software adapter", "vit_tiny", "1024 prototypes", "2 x 96", "a GPU gets 2 x 224", "batch 8, 26 epochs of 39 steps, 1014 steps in all", "momentum 0.99", "config.yaml"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q does not hold %q", got, want)
		}
	}
	at = assumedSituation()
	got = AutoNotice(autoFor(t, at), at)
	if !strings.Contains(got, "10000 images, a guess") || strings.Contains(got, "small because") {
		t.Errorf("assumed: %s", got)
	}
}
