package settings

import (
	"fmt"
	"math"
	"strconv"
)

// PresetAuto is the preset whose values follow from a [AutoInput].
const PresetAuto = "auto"

// AssumedImages is what auto plans for where no image can be counted.
const AssumedImages = 10_000

// An AutoInput is what [PresetAuto] chooses by.
type AutoInput struct {
	Images   int
	Assumed  bool // the number is a guess: none were counted
	Software bool // the adapter is software, some hundred times slower than a GPU
}

func assumedSituation() AutoInput { return AutoInput{Images: AssumedImages, Assumed: true} }

// autoKeys are the settings that auto chooses. Where all of them are given,
// as in the config.yaml of a run, nothing is left to choose or to count.
var autoKeys = []string{
	"arch", "drop_path_rate", "out_dim", "global_crops_size", "local_crops_number", "local_crops_size",
	"batch_size", "epochs", "lr", "momentum_teacher", "teacher_temp", "warmup_teacher_temp", "warmup_teacher_temp_epochs",
	"warmup_epochs", "freeze_last_layer", "checkpoint_every", "saveckp_freq",
}

// auto chooses for a situation. Lay puts what was asked for over the settings:
// each stage follows from what the one before it left, so that warm-ups fit
// the batch and the epochs that are used.
func auto(at AutoInput, lay func(*Settings) error) (Settings, error) {
	s := Default()
	s.Preset = PresetAuto
	for _, stage := range []func(*Settings, AutoInput){autoSizes, autoLength, autoSchedules} {
		stage(&s, at)
		if err := lay(&s); err != nil {
			return Settings{}, err
		}
	}
	return s, nil
}

// Pixels a side of crops on a software adapter.
const softwareGlobal, softwareLocal = 96, 48

// Below this many images a small model learns as much, and sooner.
const fewImages = 20_000

func autoSizes(s *Settings, at AutoInput) {
	c := &s.Config
	if at.Images < fewImages || at.Software {
		c.Arch, c.DropPathRate = "vit_tiny", 0
	}
	c.OutDim = prototypesFor(at.Images)
	c.BatchSize = batchFor(at)
	if at.Software {
		// A sixth of the work: with 224 and 96 pixels a step would take the best part of a minute on two cores.
		c.GlobalCropsSize, c.LocalCropsSize, c.LocalCropsNumber = softwareGlobal, softwareLocal, 4
	}
}

// prototypesFor is LightlyTrain's rule for DINO's K.
func prototypesFor(images int) int {
	for _, row := range []struct{ below, k int }{
		{20_000, 1024}, {50_000, 2048}, {100_000, 4096}, {200_000, 16384}, {500_000, 32768},
	} {
		if images < row.below {
			return row.k
		}
	}
	return 65536
}

// batchFor is the reference's 64 where an epoch of it has 40 steps, else a
// power of two below that, down to 8.
func batchFor(at AutoInput) int {
	batch := 64
	for batch > 8 && (at.Software || at.Images/batch < 40) {
		batch /= 2
	}
	return max(1, min(batch, at.Images))
}

// autoLength gives few images the steps that they need: with them it is
// steps that teach, not epochs.
func autoLength(s *Settings, at AutoInput) {
	steps, least := 30_000, 100
	if at.Software {
		steps, least = 1000, 10
	}
	perEpoch := s.Config.stepsOf(at)
	s.Config.Epochs = min(max((steps+perEpoch-1)/perEpoch, least), 800) // 800: the longest run published
}

// autoSchedules follows LightlyTrain's rules for DINO, which count steps.
func autoSchedules(s *Settings, at AutoInput) {
	c := &s.Config
	perEpoch := c.stepsOf(at)
	between := func(few, many float64) float64 {
		share := float64(at.Images-fewImages) / (1_000_000 - fewImages)
		return Rounded(few+(many-few)*min(max(share, 0), 1), 4)
	}
	c.MomentumTeacher = between(0.99, 0.996)
	c.TeacherTemp = between(0.02, 0.07)
	c.WarmupTeacherTemp = min(c.TeacherTemp, between(0.02, 0.04))
	c.WarmupTeacherTempEpochs = 0
	if c.WarmupTeacherTemp < c.TeacherTemp {
		c.WarmupTeacherTempEpochs = warmupFor(37_500, 30, c.Epochs, perEpoch)
	}
	c.WarmupEpochs = warmupFor(12_500, 10, c.Epochs, perEpoch)
	c.FreezeLastLayer = warmupFor(1250, 10, c.Epochs, perEpoch)
	// AdamW's rate goes with the batch's root (Malladi 2022; DINOv2 does so too), here from the vanilla run's 1e-3
	// at 512 images. The rule that `lr` is written for, in proportion, leaves a batch of 8 hardly any.
	used := 1e-3 * math.Sqrt(float64(c.StepImages())/512)
	c.LR = Rounded(used*256/float64(c.StepImages()), 2)

	// At an epoch's end, about every thousand steps (a hundred on software); five of them for ever.
	every := 1000
	if at.Software {
		every = 100
	}
	epochs := (every + perEpoch - 1) / perEpoch
	s.Run.CheckpointEvery = epochs * perEpoch
	s.Run.SaveckpFreq = max(20, c.Epochs/5) / epochs * epochs
}

// warmupFor is a number of steps in epochs, but at most a share of the run in
// percent, and at least one epoch of a run that has four.
func warmupFor(steps, percent, epochs, perEpoch int) int {
	n := min((steps+perEpoch/2)/perEpoch, epochs*percent/100)
	if n == 0 && epochs >= 4 {
		return 1
	}
	return n
}

// stepsOf is the optimizer steps of an epoch; 1 where the images do not fill
// one, which the run itself refuses.
func (c Config) stepsOf(at AutoInput) int {
	return max(1, at.Images/max(1, c.StepImages()))
}

// Rounded is v to that many significant digits, as a person would write it.
func Rounded(v float64, digits int) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', digits, 64), 64)
	if err != nil {
		panic("settings: " + err.Error())
	}
	return r
}

// AutoNotice says what a run of preset auto got for its situation.
func AutoNotice(s Settings, at AutoInput) string {
	c := s.Config
	number, adapter := fmt.Sprintf("%d images", at.Images), "a GPU"
	if at.Assumed {
		number = fmt.Sprintf("%d images, a guess (name `data` and they are counted)", at.Images)
	}
	crops := fmt.Sprintf("crops 2 x %d and %d x %d pixels", c.GlobalCropsSize, c.LocalCropsNumber, c.LocalCropsSize)
	if at.Software {
		adapter = "a software adapter"
		if c.GlobalCropsSize == softwareGlobal && c.LocalCropsSize == softwareLocal {
			crops += " (small because the adapter is software: a GPU gets 2 x 224 and 8 x 96)"
		}
	}
	perEpoch, size := c.stepsOf(at), c.Size()
	model := fmt.Sprintf("%s (width %d, %s), patch %d", c.Arch, size.Dim, Count(size.Depth, "block"), c.PatchSize)
	temp := fmt.Sprintf("%g", c.TeacherTemp)
	if c.WarmupTeacherTempEpochs > 0 {
		temp = fmt.Sprintf("%g to %g over %s", c.WarmupTeacherTemp, c.TeacherTemp, Count(c.WarmupTeacherTempEpochs, "epoch"))
	}
	return fmt.Sprintf("preset auto, for %s on %s:\n"+
		"  %s, %d prototypes, %s\n"+
		"  batch %d, %s of %d steps, %d steps in all; learning rate %.3g after %s of warm-up, last layer frozen for %s\n"+
		"  teacher: momentum %g, temperature %s\n"+
		"  any flag, environment variable or config file wins over these; config.yaml in the run's folder keeps them",
		number, adapter, model, c.OutDim, crops,
		c.StepImages(), Count(c.Epochs, "epoch"), perEpoch, c.Epochs*perEpoch, c.ScaledLR(), Count(c.WarmupEpochs, "epoch"), Count(c.FreezeLastLayer, "epoch"),
		c.MomentumTeacher, temp)
}
