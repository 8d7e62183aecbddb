package settings

import (
	"fmt"
	"strings"
)

// Advise says, a sentence each with the flags to set, where settings do not
// suit the number of images: an epoch of very few steps, a warm-up that
// takes most of the run, more prototypes than the images can fill.
func Advise(settings Settings, at AutoInput) []string {
	c := settings.Config
	var said []string
	for _, sentence := range []string{
		adviseSteps(c, at, settings.Preset == PresetAuto),
		adviseWarmup(c, "warmup_epochs", c.WarmupEpochs, 10, "which leaves the learning rate little time to fall"),
		adviseWarmup(c, "warmup_teacher_temp_epochs", c.WarmupTeacherTempEpochs, 30, "in which the teacher's targets keep changing"),
		adviseWarmup(c, "freeze_last_layer", c.FreezeLastLayer, 10, "in which the prototypes do not learn"),
		adviseWarmup(c, "head_warmup_epochs", c.HeadWarmupEpochs, 10, "in which the backbone does not learn"),
		advisePrototypes(c, at),
		adviseTemp(c),
		adviseCrops(c),
	} {
		if sentence != "" {
			said = append(said, sentence)
		}
	}
	return said
}

// An epoch below this many steps is short: schedules, warm-ups and the freeze
// are counted in epochs.
const shortEpoch = 100

func adviseSteps(c Config, at AutoInput, auto bool) string {
	perEpoch := at.Images / max(1, c.StepImages())
	if perEpoch >= shortEpoch {
		return ""
	}
	// What auto takes at most is not to be bettered by the same flags.
	better := c
	var flags []string
	if batch := batchFor(at); c.StepImages() > batch {
		better.BatchSize, better.Accumulate = batch, 1
		if c.BatchSize != batch {
			flags = append(flags, fmt.Sprintf("`batch_size` %d", batch))
		}
		if c.Accumulate != 1 {
			flags = append(flags, "`accumulate` 1")
		}
	}
	s := Settings{Config: better}
	autoLength(&s, at)
	if s.Config.Epochs > c.Epochs {
		flags = append(flags, fmt.Sprintf("`epochs` %d", s.Config.Epochs))
	}
	if len(flags) == 0 {
		return ""
	}
	better.Epochs = max(c.Epochs, s.Config.Epochs)
	choose := ", or let `preset` auto choose"
	if auto { // it did, and a flag beat it
		choose = ""
	}
	return fmt.Sprintf("an epoch is only %s (%d images, %d per step), %d in all, and with few images it is steps that teach: "+
		"set %s for %d in all%s",
		Count(perEpoch, "step"), at.Images, c.StepImages(), perEpoch*c.Epochs, strings.Join(flags, " "), better.Epochs*better.stepsOf(at), choose)
}

// A warm-up may take 30 % of the run; percent is what is usual.
func adviseWarmup(c Config, key string, warmup, percent int, why string) string {
	if 10*warmup <= 3*c.Epochs {
		return ""
	}
	flag := "`" + key + "`"
	return fmt.Sprintf("%s %d is %d %% of the run's %s, %s: set %s %d",
		flag, warmup, 100*warmup/c.Epochs, Count(c.Epochs, "epoch"), why, flag, warmupFor(warmup, percent, c.Epochs, 1))
}

func advisePrototypes(c Config, at AutoInput) string {
	k := prototypesFor(at.Images)
	if c.OutDim <= k {
		return ""
	}
	return fmt.Sprintf("%d prototypes are many for %d images: most stay empty, and the loss may stay near ln K: set `out_dim` %d",
		c.OutDim, at.Images, k)
}
