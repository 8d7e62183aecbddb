package main

import (
	"fmt"

	"github.com/dinogpu/dinogpu/dino"

	"github.com/dinogpu/dinogpu/dino/disk"

	"github.com/dinogpu/dinogpu/dino/settings"

	"github.com/dinogpu/dinogpu/dino/weights"
)

// freeSpace asks for the bytes that may still be written under a path.
var freeSpace = disk.Free

// spaceSlack is left for what grows beside the checkpoints.
const spaceSlack = 64 << 10

// enoughSpace tells before a run is begun whether its checkpoints will find
// room: the newest --keep, the one that is being written, and the teacher's
// weights. For those that are kept for ever a notice will do, as there is time
// to make room.
func enoughSpace(t *dino.Trainer, s settings.Settings, folder string, console *console) error {
	free, known := freeSpace(folder)
	if !known {
		return nil
	}
	there, err := weights.Checkpoints(folder)
	if err != nil {
		return err
	}
	perEpoch := t.Schedules.Steps() / s.Config.Epochs
	every := s.Run.CheckpointEvery
	if every == 0 {
		every = perEpoch
	}
	saves := (t.Schedules.Steps()-1)/every + 1
	copies := max(1, min(s.Run.Keep+1, saves)-len(there))
	one := weights.CheckpointBytes(t.StateLayout())
	need := uint64(copies)*one + weights.TeacherBytes(t.StateLayout()) + spaceSlack
	if free < need {
		return fmt.Errorf("the run needs %s of disk space for %d checkpoints of %s and the teacher's weights, and %s are free where %s lies: free some, lower --keep, or name another disk with --run-dir",
			byteSize(need), copies, byteSize(one), byteSize(free), folder)
	}
	if freq := s.Run.SaveckpFreq; freq > 0 {
		forEver := uint64(s.Config.Epochs/freq) * one
		if free < need+forEver {
			console.Print("the checkpoints that are kept for ever will take %s more (%d of %s), and %s are free: make room in time, or set --saveckp-freq 0",
				byteSize(forEver), s.Config.Epochs/freq, byteSize(one), byteSize(free))
		}
	}
	return nil
}

// roomFor tells before a file is written that it would not find room.
func roomFor(bytes uint64, path string) error {
	if free, known := freeSpace(path); known && free < bytes+spaceSlack {
		return fmt.Errorf("%s is not written: it takes %s, and %s are free on its disk", path, byteSize(bytes+spaceSlack), byteSize(free))
	}
	return nil
}

// byteSize is a number of bytes to read.
func byteSize(n uint64) string {
	unit, name := uint64(1)<<30, "GiB"
	switch {
	case n < 1<<20:
		unit, name = 1<<10, "KiB"
	case n < 1<<30:
		unit, name = 1<<20, "MiB"
	}
	return fmt.Sprintf("%.1f %s", float64(n)/float64(unit), name)
}
