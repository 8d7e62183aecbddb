package run

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
)

// ErrStopped is in the chain of what Train returns when it was stopped before the run's end, in good order.
var ErrStopped = errors.New("stopped; everything is saved")

// A Reason says why a run stopped before its end.
type Reason int

// The reasons to stop.
const (
	Canceled Reason = iota // the context
	MaxSteps
	MaxTime
)

// A Stopped is the error of a run that stopped in good order and can be resumed.
type Stopped struct {
	Step, Total int // optimizer steps
	Reason      Reason
	Unmeasured  bool // it has trained to its end, and what comes then was not finished: the last evaluation, its images
}

func (s *Stopped) Error() string {
	if s.Unmeasured {
		return ErrStopped.Error() + ", the last evaluation or its images were not finished"
	}
	return fmt.Sprintf("%v after step %d of %d", ErrStopped, s.Step, s.Total)
}

// Is makes errors.Is(err, ErrStopped) true.
func (s *Stopped) Is(target error) bool { return target == ErrStopped }

// ErrNotBegun is in the chain of what New and Resume return when their context ended before the run's folder was
// touched.
var ErrNotBegun = errors.New("stopped before the first step")

// A NotFinite is the end of a run in which a loss, a gradient or a weight became NaN or infinite. To go on would end the
// same way.
type NotFinite struct {
	Err      error  // what is not finite, and where
	LastGood string // the newest checkpoint in which every number is finite; empty: there is none
}

func (e *NotFinite) Error() string {
	if e.LastGood == "" {
		return fmt.Sprintf("%v; the run has no checkpoint whose state is good", e.Err)
	}
	return fmt.Sprintf("%v; the last good state is %s", e.Err, e.LastGood)
}

func (e *NotFinite) Unwrap() error { return e.Err }

// An ImagesError is a failure to load a batch: the networks are as after the last step, which is saved.
type ImagesError struct{ Err error }

func (e *ImagesError) Error() string { return e.Err.Error() }
func (e *ImagesError) Unwrap() error { return e.Err }

// A Broken is a run that an error ended. It can be resumed once the cause is gone.
type Broken struct {
	Err   error
	Saved int // the step of the newest checkpoint
}

func (e *Broken) Error() string { return e.Err.Error() }
func (e *Broken) Unwrap() error { return e.Err }

// An ExistsError says that a new run's folder holds files: a run never writes over another.
type ExistsError struct {
	Path string
	Free string // a folder beside it that is not there yet
}

func (e *ExistsError) Error() string {
	return fmt.Sprintf("%s already holds files, and a run never writes over another: resume the run there, or start a new one in %s", e.Path, e.Free)
}

// An OtherImagesError says that a run cannot go on with other images than it began with.
type OtherImagesError struct {
	Folder string         // the run's
	Data   settings.Paths // what holds the others
	How    string         // how they differ
}

func (e *OtherImagesError) Error() string {
	return fmt.Sprintf("`data` %s holds other images than the run began with: %s. Name the folder that holds those, put them back as they were, or start a new run with this one's weights (`init_from` %s)",
		strings.Join(e.Data.List(), ", "), e.How, e.Folder)
}

// A MemoryError says before anything is allocated that a run's tensors do not fit.
type MemoryError struct{ Need, Free int } // bytes

func (e *MemoryError) Error() string {
	return fmt.Sprintf("the run needs %s for its tensors, and %s are free", byteSize(uint64(e.Need)), byteSize(uint64(e.Free)))
}

// A LessError is an error of too little memory, with what a run of its settings can do with less.
type LessError struct {
	Err   error
	Less  string
	Apart bool // each crop goes through the student by itself already
}

func (e *LessError) Error() string { return fmt.Sprintf("%v: take %s", e.Err, e.Less) }

func (e *LessError) Unwrap() error { return e.Err }

// withLess adds to an error of too little memory what a run of these settings can do with less; trainer is nil where it is
// not recorded.
func withLess(err error, s settings.Settings, trainer *dino.Trainer) error {
	var device *gpu.MemoryError
	if !errors.As(err, &device) && !errors.As(err, new(*MemoryError)) {
		return err
	}
	apart := trainer != nil && trainer.Apart()
	var less []string
	if s.Config.BatchSize > 1 {
		less = append(less, "a smaller `batch_size` with as much more `accumulate`")
	}
	if !apart {
		less = append(less, "`crops` apart")
	}
	return &LessError{Err: err, Less: strings.Join(append(less, "in a new run a smaller `out_dim`"), ", "), Apart: apart}
}

// A DiskError says before a run begins that its checkpoints would not find room.
type DiskError struct {
	Folder      string
	Need, Free  uint64 // bytes
	Checkpoints int    // how many of them Need is for, beside the teacher's weights
	Checkpoint  uint64 // bytes of one
}

func (e *DiskError) Error() string {
	return fmt.Sprintf("the run needs %s of disk space for %d checkpoints of %s and the teacher's weights, and %s are free where %s lies: free some, lower `keep`, or choose another disk with `run_dir`",
		byteSize(e.Need), e.Checkpoints, byteSize(e.Checkpoint), byteSize(e.Free), e.Folder)
}
