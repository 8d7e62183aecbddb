package run

import (
	"fmt"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/layers"
)

// freeSpace asks the disk; tests answer in its place.
var freeSpace = disk.Free

// spaceSlack is what metrics, log and folders may take beside the checkpoints.
const spaceSlack = 64 << 10

// A need is what a run's files will take on the disk.
type need struct {
	checkpoint, teacher uint64 // bytes of one
	copies              int    // checkpoints that there are at most at once, those that are there already left out
	forEver             int    // checkpoints that are kept for ever
}

// needOf works out what a run of that many steps will take, beside the checkpoints that are there.
func needOf(r settings.Run, c settings.Config, state []layers.HostTensor, perEpoch, there int) need {
	total := perEpoch * c.Epochs
	saves := (total-1)/period(r, perEpoch) + 1
	n := need{
		checkpoint: weights.CheckpointBytes(state), teacher: weights.TeacherBytes(state),
		copies: max(1, min(r.Keep+1, saves)-there), // the newest, and the one that is being written
	}
	if r.SaveckpFreq > 0 {
		n.forEver = c.Epochs / r.SaveckpFreq
	}
	return n
}

// bytes is what all of it takes at most.
func (n need) bytes() uint64 {
	return uint64(n.copies+n.forEver)*n.checkpoint + n.teacher + spaceSlack
}

// DiskNeed is how many bytes a new run of that many steps per epoch will take on the disk at most, a little above rather
// than below; state is what its trainer's StateLayout says.
func DiskNeed(s settings.Settings, state []layers.HostTensor, perEpoch int) uint64 {
	return needOf(s.Run, s.Config, state, perEpoch, 0).bytes()
}

// check tells whether there is room; for those that are kept for ever a sentence will do, as there is time to make room.
func (n need) check(folder string) (sentence string, err error) {
	free, known := freeSpace(folder)
	if !known {
		return "", nil
	}
	bytes := uint64(n.copies)*n.checkpoint + n.teacher + spaceSlack
	if free < bytes {
		return "", &DiskError{Folder: folder, Need: bytes, Free: free, Checkpoints: n.copies, Checkpoint: n.checkpoint}
	}
	if ever := uint64(n.forEver) * n.checkpoint; free < bytes+ever {
		return fmt.Sprintf("the checkpoints that are kept for ever will take %s more (%d of %s), and %s are free: make room in time, or set `saveckp_freq` 0",
			byteSize(ever), n.forEver, byteSize(n.checkpoint), byteSize(free)), nil
	}
	return "", nil
}

// roomFor tells before a file is written that it would not find room.
func roomFor(bytes uint64, path string) error {
	if free, known := freeSpace(path); known && free < bytes+spaceSlack {
		return fmt.Errorf("%s is not written: it takes %s, and %s are free on its disk", path, byteSize(bytes+spaceSlack), byteSize(free))
	}
	return nil
}

func byteSize(n uint64) string { return disk.Size(n) }
