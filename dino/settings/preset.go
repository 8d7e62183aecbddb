package settings

import "fmt"

// DataDemo is the value of Config.Data that stands for the embedded set.
const DataDemo = "demo"

// Preset is a named recipe: what it changes of the defaults.
type Preset struct {
	Name string
	Help string
	set  func(s *Settings)
}

// Presets lists the recipes. Those named after models are the runs of DINO's
// released weights with the batch that one GPU held there; where the recipe's
// total batch was larger, Help names it with the `accumulate` that reaches it.
func Presets() []Preset {
	return []Preset{
		{"demo", "images inside this program; minutes on two cores", demo},
		{PresetAuto, "your own images, by number; a software adapter: small", autoAssumed},
		{"vits16", "vanilla, 100 epochs; recipe's batch 512: accumulate 8", vits16},
		{"vits16-boosted", "300 epochs; recipe's batch 1024: accumulate 16", vits16Boosted},
		{"vitti16", "vits16 with vit_tiny", vitti16},
		{"vits8", "released, 800 epochs; batch 1024: accumulate 64", vits8},
		{"vitb16", "released, 400 epochs; batch 1024: accumulate 32", vitb16},
		{"vitb8", "released, 300 epochs; total batch unpublished", vitb8},
	}
}

// FromPreset returns the defaults with a recipe over them; the empty name
// gives the defaults.
func FromPreset(name string) (Settings, error) {
	s := Default()
	if name == "" {
		return s, nil
	}
	var names []string
	for _, p := range Presets() {
		if p.Name == name {
			s.Preset = name
			p.set(&s)
			return s, nil
		}
		names = append(names, p.Name)
	}
	return Settings{}, fmt.Errorf("there is no preset %s%s; the presets are %s", name, didYouMean(name, names), joinWords(names))
}

// Where nobody counts images.
func autoAssumed(s *Settings) {
	*s, _ = auto(assumedSituation(), func(*Settings) error { return nil })
}

// Small enough for two cores without a GPU. Small batches on purpose: with few
// images it is steps that teach.
func demo(s *Settings) {
	c := &s.Config
	c.Data = DataDemo
	// Mean and deviation of Fashion-MNIST's gray, the same in each channel.
	c.Mean = RGB{0.286, 0.286, 0.286}
	c.Std = RGB{0.353, 0.353, 0.353}
	// Hue and saturation mean nothing on gray, and a blur at 28 pixels leaves
	// little to see.
	c.Augmentation = "light"
	c.Dim, c.Depth, c.Heads, c.PatchSize = 96, 2, 3, 7
	c.DropPathRate = 0
	c.OutDim = 512
	c.NormLastLayer = true
	c.HeadLayers, c.HeadHidden, c.HeadBottleneck = 3, 256, 64
	c.GlobalCropsSize, c.GlobalCropsScale = 28, Range{0.4, 1}
	c.LocalCropsNumber, c.LocalCropsSize, c.LocalCropsScale = 4, 14, Range{0.1, 0.4}
	c.MomentumTeacher = 0.99
	// At 1e-3 and 0.04 the targets go flat once the last layer learns, and most of the training is lost on that.
	c.LR = 0.002 // 1.25e-4 at batch 16
	c.TeacherTemp, c.WarmupTeacherTemp = 0.02, 0.02
	c.WarmupEpochs = 1
	c.BatchSize = 16
	c.Epochs = 8
	s.Run.KNNEvery = 2
}

// The defaults are the vanilla run.
func vits16(*Settings) {}

func vits16Boosted(s *Settings) {
	c := &s.Config
	c.Epochs = 300
	c.TeacherTemp, c.WarmupTeacherTempEpochs = 0.07, 30
	c.NormLastLayer = false
}

func vitti16(s *Settings) { s.Config.Arch = "vit_tiny" }

func vits8(s *Settings) {
	c := &s.Config
	c.PatchSize = 8
	c.Epochs = 800
	c.BatchSize = 16
	c.NormLastLayer = false
	c.TeacherTemp, c.WarmupTeacherTempEpochs = 0.07, 30
	c.LocalCropsNumber = 10
}

func vitb16(s *Settings) {
	c := &s.Config
	c.Arch = "vit_base"
	c.Epochs = 400
	c.BatchSize = 32
	c.LR, c.MinLR = 7.5e-4, 2e-6
	c.ClipGrad = 0.3
	c.FreezeLastLayer = 3
	c.TeacherTemp, c.WarmupTeacherTempEpochs = 0.07, 50
	c.GlobalCropsScale = Range{0.25, 1}
	c.LocalCropsNumber, c.LocalCropsScale = 10, Range{0.05, 0.25}
}

func vitb8(s *Settings) {
	c := &s.Config
	c.Arch = "vit_base"
	c.PatchSize = 8
	c.Epochs = 300
	c.BatchSize = 6
	c.MinLR = 2e-6
	c.FreezeLastLayer = 3
	c.TeacherTemp, c.WarmupTeacherTemp, c.WarmupTeacherTempEpochs = 0.07, 0.03, 50
	c.GlobalCropsScale = Range{0.25, 1}
	c.LocalCropsNumber, c.LocalCropsScale = 10, Range{0.05, 0.25}
}
