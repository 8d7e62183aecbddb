package dino

import (
	"errors"
	"fmt"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
)

// fewer are the crops that run side by side where those of the key are too many.
var fewer = map[settings.Crops]settings.Crops{
	settings.CropsTogether: settings.CropsBySize,
	settings.CropsBySize:   settings.CropsApart,
}

// sideBySide says in words which crops run side by side.
var sideBySide = map[settings.Crops]string{
	settings.CropsTogether: "all of them",
	settings.CropsBySize:   "those of one size",
	settings.CropsApart:    "each by itself",
}

// softwareScratch is the scratch memory up to which auto joins crops on a software adapter: little beside what a machine has.
// To try for more would have it swap, or the system end the process.
const softwareScratch = 2 << 30

// Crops says which crops run side by side: what auto chose, where it had the choice.
func (t *Trainer) Crops() settings.Crops { return t.options.Crops }

// recordFrom records the trainer with these crops side by side, or the next fewer that pass no limit.
func recordFrom(crops settings.Crops, c settings.Config, target gpu.Target, stepsPerEpoch int, o Options) (*Trainer, error) {
	for {
		o.Crops = crops
		t, err := recordWith(c, target, stepsPerEpoch, o)
		next, more := fewer[crops]
		var limit *gpu.LimitError
		switch fits := false; {
		case err != nil && !(more && errors.As(err, &limit)):
			return nil, err
		case err == nil:
			t.auto = true
			if fits, err = t.moderate(); fits || !more || err != nil {
				return t, err
			}
		}
		crops = next
	}
}

// moderate tells whether the scratch memory is little enough for a software adapter. That of a GPU is tried: see
// BuildFitting.
func (t *Trainer) moderate() (bool, error) {
	if !t.crops.Target.Software {
		return true, nil
	}
	m, err := t.crops.Plan()
	return m.Scratch+m.Textures <= softwareScratch, err
}

// BuildFitting is Build for a trainer whose crops auto may lay out: where the device has no room for it, it is recorded
// again with fewer crops side by side, first those of one size, then each by itself, and say is told so. Of a trainer whose
// crops were asked for it is Build. It returns the trainer that was built, or with an error the last that was tried; those
// before hold nothing any more. room, unless nil, is asked before each is built; its error says that there is too little.
func (t *Trainer) BuildFitting(d *gpu.Device, room func(*Trainer) error, say func(sentence string)) (*Trainer, error) {
	for {
		full, err := t.buildWithin(d, room)
		next, more := fewer[t.Crops()]
		if err == nil || !full || !more || !t.auto {
			return t, err
		}
		t.Release()
		less, failed := recordFrom(next, t.Config, t.crops.Target, t.Schedules.perEpoch, t.options)
		if failed != nil {
			return t, errors.Join(err, failed)
		}
		t = less
		say(fmt.Sprintf("not all crops go through the student side by side, but %s: %v", sideBySide[t.Crops()], err))
	}
}

// buildWithin builds t where there is room; full says whether it is for want of memory that it fails.
func (t *Trainer) buildWithin(d *gpu.Device, room func(*Trainer) error) (full bool, err error) {
	if room != nil {
		if err := room(t); err != nil {
			return true, err
		}
	}
	err = t.Build(d)
	return errors.As(err, new(*gpu.MemoryError)) || errors.As(err, new(*gpu.LimitError)), err
}
