package settings

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestDefaultsAreTheReferences(t *testing.T) {
	c := DefaultConfig()
	for key, want := range map[string]string{
		"arch": "vit_small", "patch_size": "16", "out_dim": "65536", "norm_last_layer": "true",
		"momentum_teacher": "0.996", "teacher_temp": "0.04", "warmup_teacher_temp": "0.04", "warmup_teacher_temp_epochs": "0",
		"weight_decay": "0.04", "weight_decay_end": "0.4", "clip_grad": "3", "batch_size": "64", "epochs": "100",
		"freeze_last_layer": "1", "lr": "0.0005", "warmup_epochs": "10", "min_lr": "1e-06", "optimizer": "adamw",
		"drop_path_rate": "0.1", "global_crops_scale": "0.4,1", "local_crops_number": "8", "local_crops_scale": "0.05,0.4",
		"seed": "0", "student_temp": "0.1", "center_momentum": "0.9", "global_crops_size": "224", "local_crops_size": "96",
		"head_layers": "3", "head_hidden": "2048", "head_bottleneck": "256", "saveckp_freq": "20",
		"mean": "0.485,0.456,0.406", "std": "0.229,0.224,0.225",
	} {
		if got, _ := (Settings{Config: c, Run: Default().Run}).Get(key); got != want {
			t.Errorf("%s: got %s, want %s", key, got, want)
		}
	}
	if got, want := c.Size(), (ModelSize{Dim: 384, Depth: 12, Heads: 6}); got != want {
		t.Errorf("size: got %+v, want %+v", got, want)
	}
}

func TestScaledLR(t *testing.T) {
	c := DefaultConfig()
	c.LR, c.BatchSize, c.Accumulate = 0.0005, 64, 8
	if got, want := c.ScaledLR(), 0.001; math.Abs(got-want) > 1e-18 {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestFreeSizesReplaceTheArchs(t *testing.T) {
	c := DefaultConfig()
	c.Depth = 4
	if got, want := c.Size(), (ModelSize{Dim: 384, Depth: 4, Heads: 6}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestValidateNamesWhatIsWrong(t *testing.T) {
	nan := math.NaN()
	cases := map[string]struct {
		spoil func(s *Settings)
		want  string // must stand in the sentence
	}{
		"limit":                {func(s *Settings) { s.Config.Limit = -1 }, "limit -1"},
		"workers":              {func(s *Settings) { s.Config.NumWorkers = -1 }, "num_workers -1"},
		"std 0":                {func(s *Settings) { s.Config.Std[1] = 0 }, "std 0.229,0,0.225"},
		"mean NaN":             {func(s *Settings) { s.Config.Mean[2] = nan }, "mean"},
		"augmentation":         {func(s *Settings) { s.Config.Augmentation = "lite" }, "light"},
		"arch":                 {func(s *Settings) { s.Config.Arch = "vit_smal" }, "did you mean vit_small?"},
		"patch 0":              {func(s *Settings) { s.Config.PatchSize = 0 }, "patch_size 0"},
		"patch negative":       {func(s *Settings) { s.Config.PatchSize = -16 }, "patch_size -16"},
		"dim negative":         {func(s *Settings) { s.Config.Dim = -96 }, "dim -96"},
		"depth negative":       {func(s *Settings) { s.Config.Depth = -1 }, "depth -1"},
		"depth huge":           {func(s *Settings) { s.Config.Depth = 1 << 40 }, "depth"},
		"heads":                {func(s *Settings) { s.Config.Heads = 5 }, "heads 5 does not divide dim 384"},
		"one huge head":        {func(s *Settings) { s.Config.Heads = 1 }, "heads of 384"},
		"K 0":                  {func(s *Settings) { s.Config.OutDim = 0 }, "out_dim 0"},
		"K 1":                  {func(s *Settings) { s.Config.OutDim = 1 }, "out_dim 1"},
		"head layers":          {func(s *Settings) { s.Config.HeadLayers = 0 }, "head_layers 0"},
		"head hidden":          {func(s *Settings) { s.Config.HeadHidden = 0 }, "head_hidden 0"},
		"bottleneck":           {func(s *Settings) { s.Config.HeadBottleneck = -2 }, "head_bottleneck -2"},
		"drop path 1":          {func(s *Settings) { s.Config.DropPathRate = 1 }, "drop_path_rate 1"},
		"drop path NaN":        {func(s *Settings) { s.Config.DropPathRate = nan }, "drop_path_rate NaN"},
		"global below a patch": {func(s *Settings) { s.Config.GlobalCropsSize = 15 }, "global_crops_size 15 is smaller than one patch of 16"},
		"local below a patch":  {func(s *Settings) { s.Config.LocalCropsSize = 8 }, "local_crops_size 8 is smaller than one patch"},
		"global 0":             {func(s *Settings) { s.Config.GlobalCropsSize = 0 }, "global_crops_size 0"},
		"scale upside down":    {func(s *Settings) { s.Config.GlobalCropsScale = Range{1, 0.4} }, "global_crops_scale 1,0.4"},
		"scale 0":              {func(s *Settings) { s.Config.LocalCropsScale = Range{0, 0.4} }, "local_crops_scale 0,0.4"},
		"scale above 1":        {func(s *Settings) { s.Config.LocalCropsScale = Range{0.1, 1.5} }, "local_crops_scale"},
		"scale NaN":            {func(s *Settings) { s.Config.GlobalCropsScale = Range{nan, 1} }, "global_crops_scale NaN,1"},
		"locals negative":      {func(s *Settings) { s.Config.LocalCropsNumber = -1 }, "local_crops_number -1"},
		"momentum":             {func(s *Settings) { s.Config.MomentumTeacher = 1.2 }, "momentum_teacher 1.2"},
		"center momentum":      {func(s *Settings) { s.Config.CenterMomentum = nan }, "center_momentum NaN"},
		"teacher temp 0":       {func(s *Settings) { s.Config.TeacherTemp = 0 }, "teacher_temp 0"},
		"warm-up temp NaN":     {func(s *Settings) { s.Config.WarmupTeacherTemp = nan }, "warmup_teacher_temp NaN"},
		"range":                {func(s *Settings) { s.Config.Range = Bounds{Lo: 3, Hi: 3} }, "range 3,3 must be two numbers"},
		"student temp":         {func(s *Settings) { s.Config.StudentTemp = -0.1 }, "student_temp -0.1"},
		"student temp Inf":     {func(s *Settings) { s.Config.StudentTemp = math.Inf(1) }, "student_temp +Inf"},
		"warm-up temp epochs":  {func(s *Settings) { s.Config.WarmupTeacherTempEpochs = 101 }, "warmup_teacher_temp_epochs 101 is longer than the run's epochs 100"},
		"optimizer":            {func(s *Settings) { s.Config.Optimizer = "adam" }, "did you mean adamw?"},
		"lr NaN":               {func(s *Settings) { s.Config.LR = nan }, "lr NaN"},
		"lr negative":          {func(s *Settings) { s.Config.LR = -1 }, "lr -1"},
		"min lr":               {func(s *Settings) { s.Config.MinLR = -1e-6 }, "min_lr -1e-06"},
		"weight decay":         {func(s *Settings) { s.Config.WeightDecay = math.Inf(1) }, "weight_decay +Inf"},
		"weight decay end":     {func(s *Settings) { s.Config.WeightDecayEnd = -1 }, "weight_decay_end -1"},
		"clip":                 {func(s *Settings) { s.Config.ClipGrad = -3 }, "clip_grad -3"},
		"warm-up":              {func(s *Settings) { s.Config.Epochs = 5 }, "warmup_epochs 10 is longer than the run's epochs 5"},
		"warm-up negative":     {func(s *Settings) { s.Config.WarmupEpochs = -1 }, "warmup_epochs -1"},
		"freeze":               {func(s *Settings) { s.Config.FreezeLastLayer = -1 }, "freeze_last_layer -1"},
		"batch 0":              {func(s *Settings) { s.Config.BatchSize = 0 }, "batch_size 0"},
		"accumulate 0":         {func(s *Settings) { s.Config.Accumulate = 0 }, "accumulate 0"},
		"epochs 0":             {func(s *Settings) { s.Config.Epochs = 0 }, "epochs 0"},
		"keep 0":               {func(s *Settings) { s.Run.Keep = 0 }, "keep 0"},
		"max steps":            {func(s *Settings) { s.Run.MaxSteps = -1 }, "max_steps -1"},
		"max time":             {func(s *Settings) { s.Run.MaxTime = -1 }, "max_time"},
		"matmul":               {func(s *Settings) { s.Run.Matmul = "texels" }, "did you mean texel?"},
		"matmul variant":       {func(s *Settings) { s.Run.Matmul = "tile 128x128x8 4x4" }, "choose auto, tile, register, texel, tile 64x64x8 4x4"},
		"crops":                {func(s *Settings) { s.Run.Crops = "join" }, "crops \"join\""},
		"half of k-NN":         {func(s *Settings) { s.Run.KNNTest = "x" }, "knn_train and knn_test"},
		"k-NN without data":    {func(s *Settings) { s.Run.KNNEvery = 1 }, "knn_train"},
	}
	for name, c := range cases {
		s := Default()
		s.Config.Data = "images"
		if err := s.Validate(); err != nil {
			t.Fatalf("the settings to break are refused: %v", err)
		}
		c.spoil(&s)
		err := s.Validate()
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		if !strings.Contains(strings.ReplaceAll(err.Error(), "`", ""), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %q does not hold %q in one line", name, err, c.want)
		}
	}
}

func TestLocalCropsAreFreeWhenThereAreNone(t *testing.T) {
	c := DefaultConfig()
	c.Data = "images"
	c.LocalCropsNumber, c.LocalCropsSize = 0, 0
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
}

func TestPresetsAreValidAndKeepTheirPromises(t *testing.T) {
	for _, p := range Presets() {
		s, err := FromPreset(p.Name)
		if err != nil {
			t.Fatal(err)
		}
		if s.Preset != p.Name {
			t.Errorf("%s is named %q", p.Name, s.Preset)
		}
		if s.Config.Data == "" {
			s.Config.Data = "images"
		}
		if err := s.Validate(); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
	if _, err := FromPreset("vits61"); err == nil || !strings.Contains(err.Error(), "did you mean vits16?") {
		t.Errorf("unknown preset: %v", err)
	}
	vanilla, _ := FromPreset("vits16")
	vanilla.Preset = ""
	if diff := cmp.Diff(Default(), vanilla); diff != "" {
		t.Errorf("vits16 is not the defaults:\n%s", diff)
	}
	demo, _ := FromPreset("demo")
	if got := demo.Config.ScaledLR(); math.Abs(got-1.25e-4) > 1e-18 {
		t.Errorf("demo's rate is %v, want 0.000125", got)
	}
	if got := 8000 / demo.Config.StepImages() * demo.Config.Epochs; got != 4000 {
		t.Errorf("demo has %d steps on its 8000 images, want 4000", got)
	}
	vitb16, _ := FromPreset("vitb16")
	if got, want := vitb16.Config.Size(), (ModelSize{Dim: 768, Depth: 12, Heads: 12}); got != want {
		t.Errorf("vitb16 is %+v", got)
	}
}

// Every setting's text, as Get gives it, is taken by Set and gives the value.
func TestSettingsTextRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := randomSettings(t)
		copied := Default()
		for _, key := range s.Keys() {
			text, ok := s.Get(key)
			if !ok {
				t.Fatalf("%s cannot be read", key)
			}
			if err := copied.Set(key, text); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(s, copied); diff != "" {
			t.Fatal(diff)
		}
	})
}

// The released head takes a bottleneck of any width.
func TestBottleneckOfAnyWidth(t *testing.T) {
	for _, width := range []int{1, 6, 18, 255, 256} {
		c := DefaultConfig()
		c.HeadBottleneck = width
		if err := c.Validate(); err != nil {
			t.Errorf("width %d: %v", width, err)
		}
	}
}
