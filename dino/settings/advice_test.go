package settings

import (
	"strings"
	"testing"
)

func TestAdvise(t *testing.T) {
	for name, c := range map[string]struct {
		at   AutoInput
		set  map[string]string
		want []string // what each sentence must hold, in their order
	}{
		"the reference's run on ImageNet": {AutoInput{Images: 1_281_167}, nil, nil},
		"the demo":                        {AutoInput{Images: 8000, Software: true}, map[string]string{"preset": "demo"}, nil},
		"a few hundred": {AutoInput{Images: 300}, nil, []string{
			"only 4 steps (300 images, 64 per step), 400 in all, and with few images it is steps that teach: set `batch_size` 8 `epochs` 800 for 29600 in all",
			"65536 prototypes are many for 300 images: most stay empty, and the loss may stay near ln K: set `out_dim` 1024",
		}},
		"accumulated": {AutoInput{Images: 1000}, map[string]string{"batch_size": "16", "accumulate": "16", "epochs": "500", "out_dim": "8"}, []string{
			"only 3 steps (1000 images, 256 per step), 1500 in all, and with few images it is steps that teach: set `accumulate` 1 for 31000 in all",
		}},
		"one step":             {AutoInput{Images: 64, Software: true}, map[string]string{"out_dim": "8"}, []string{"only 1 step (64 images, 64 per step), 100 in all, and with few images it is steps that teach: set `batch_size` 8 `epochs` 125 for 1000 in all"}},
		"none":                 {AutoInput{Images: 30}, map[string]string{"out_dim": "8"}, []string{"only 0 steps"}},
		"100 steps are enough": {AutoInput{Images: 800}, map[string]string{"batch_size": "8", "out_dim": "1024"}, nil},
		"99 are not":           {AutoInput{Images: 799}, map[string]string{"batch_size": "8", "out_dim": "1024"}, []string{"`epochs` 304 for"}},
		"few, but as auto":     {AutoInput{Images: 300}, map[string]string{"batch_size": "8", "epochs": "800", "out_dim": "1024"}, nil},
		"warm-ups": {AutoInput{Images: 2_000_000}, map[string]string{"epochs": "20", "warmup_teacher_temp_epochs": "20", "freeze_last_layer": "7"}, []string{
			"`warmup_epochs` 10 is 50 % of the run's 20 epochs, which leaves the learning rate little time to fall: set `warmup_epochs` 2",
			"`warmup_teacher_temp_epochs` 20 is 100 % of the run's 20 epochs, in which the teacher's targets keep changing: set `warmup_teacher_temp_epochs` 6",
			"`freeze_last_layer` 7 is 35 % of the run's 20 epochs, in which the prototypes do not learn: set `freeze_last_layer` 2",
		}},
		"30 % is allowed":    {AutoInput{Images: 2_000_000}, map[string]string{"epochs": "10", "warmup_epochs": "3", "warmup_teacher_temp_epochs": "3", "freeze_last_layer": "3"}, nil},
		"a run of one epoch": {AutoInput{Images: 2_000_000}, map[string]string{"epochs": "1", "warmup_epochs": "1", "freeze_last_layer": "0"}, []string{"set `warmup_epochs` 0"}},
		"K of the table":     {AutoInput{Images: 20_000}, map[string]string{"out_dim": "2048"}, nil},
		"K above it":         {AutoInput{Images: 19_999}, map[string]string{"out_dim": "2048"}, []string{"set `out_dim` 1024"}},
	} {
		s, err := Sources{Preset: c.set["preset"], Flags: c.set}.Merge()
		if err != nil {
			t.Fatal(err)
		}
		got := Advise(s, c.at)
		if len(got) != len(c.want) {
			t.Errorf("%s: %d sentences, want %d: %q", name, len(got), len(c.want), got)
			continue
		}
		for i, sentence := range got {
			if !strings.Contains(sentence, c.want[i]) || strings.Contains(sentence, "\n") {
				t.Errorf("%s:\n got %s\nwant %s", name, sentence, c.want[i])
			}
		}
	}
}

// A teacher that is too soft teaches nothing.
func TestAdviceOnTheTeachersTemperature(t *testing.T) {
	s := Default()
	at := AutoInput{Images: 1_000_000}
	for temp, want := range map[float64]bool{0.04: false, 0.07: false, 0.08: true, 0.3: true} {
		s.Config.TeacherTemp = temp
		said := strings.Join(Advise(s, at), "\n")
		if strings.Contains(said, "teacher_temp") != want {
			t.Errorf("temperature %g: advice %q", temp, said)
		}
	}
}

// A border that no patch takes is named, with sizes that have none.
func TestAdviceOnCropsAndPatches(t *testing.T) {
	s := Default()
	s.Config.PatchSize = 14
	at := AutoInput{Images: 1_000_000}
	said := strings.Join(Advise(s, at), "\n")
	if !strings.Contains(said, "crops of 96 pixels are not whole patches of 14: 12 pixels of each side are cut off; set `local_crops_size` 84 or 98") {
		t.Errorf("advice %q", said)
	}
	s.Config.LocalCropsNumber = 0
	if said := strings.Join(Advise(s, at), "\n"); strings.Contains(said, "patches") {
		t.Errorf("without local crops: advice %q", said)
	}
}

// Means of bytes are told from means of shares.
func TestMeansOfBytesAreRefused(t *testing.T) {
	for text, want := range map[string]string{"127,127,127": "divide them by 255", "-1": "from 0 to 1", "0.5": ""} {
		s := Default()
		if err := s.Set("mean", text); err != nil {
			t.Fatal(err)
		}
		err := s.Config.Validate()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("mean %s: %v", text, err)
		}
	}
}
