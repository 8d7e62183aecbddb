package run

import (
	"bytes"
	"fmt"
	"path/filepath"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
)

// A Stored is a run that lies in a folder, to look at or to go on with.
type Stored struct {
	Folder   string
	Settings settings.Settings // the run's own; max_steps and max_time, which are for one sitting, are 0

	restored string // says where the settings are from if not from config.yaml

	// How config.yaml groups a step's images, which stays the run's record.
	batchSize, accumulate int
}

// Open reads the settings of the run that a user means by path: its folder, or a file like runs/latest that names it. They
// are config.yaml's, or where that file was emptied, those of the newest whole checkpoint. A step's images are grouped as
// they were last, which the newest checkpoint tells. Open changes nothing.
func Open(path string) (*Stored, error) {
	folder, err := Find(path)
	if err != nil {
		return nil, err
	}
	s := &Stored{Folder: folder}
	file := filepath.Join(folder, settings.FileName)
	data, err := settings.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if len(bytes.Trim(data, "\x00 \t\r\n")) > 0 { // after a power failure a file may hold zeros
		s.Settings, err = settings.LoadText(file, data)
	} else {
		err = s.restore(file)
	}
	if err != nil {
		return nil, err
	}
	s.Settings.Run.MaxSteps, s.Settings.Run.MaxTime = 0, 0
	s.batchSize, s.accumulate = s.Settings.Config.BatchSize, s.Settings.Config.Accumulate
	s.regroup()
	return s, nil
}

// regroup takes batch_size and accumulate of the newest checkpoint whose header can be read, where their product is the
// run's.
func (s *Stored) regroup() {
	paths, _ := weights.Checkpoints(s.Folder) // going on reads them again, and tells what is wrong
	for _, path := range paths {
		h, err := weights.ReadCheckpointHeader(path)
		if err != nil {
			continue
		}
		if last, err := h.Settings(); err == nil && last.Config.StepImages() == s.Settings.Config.StepImages() {
			s.Settings.Config.BatchSize, s.Settings.Config.Accumulate = last.Config.BatchSize, last.Config.Accumulate
		}
		return
	}
}

// restore takes the settings that the newest whole checkpoint was written with.
func (s *Stored) restore(file string) error {
	h, _, err := weights.NewestCheckpoint(s.Folder, func(error) {})
	if err != nil {
		return fmt.Errorf("%s is empty, and the settings are in no checkpoint either: %w", file, err)
	}
	if s.Settings, err = h.Settings(); err != nil {
		return fmt.Errorf("%s is empty, and the settings in the newest checkpoint cannot be used: %w", file, err)
	}
	s.restored = fmt.Sprintf("%s is empty: the settings are restored from the checkpoint of step %d", file, h.Step)
	return nil
}
