package gpu

import (
	"fmt"
	"time"
)

// A DeviceError says that the device itself failed: it hangs, or dropped work that it was given. Nothing that it computed
// since the last good readback can be trusted, and every later call gives the same error. A new process may open it again.
type DeviceError struct {
	Reason string // a sentence with what to do next
}

func (e *DeviceError) Error() string { return e.Reason }

// hangs is the error of a wait that passed its deadline.
func hangs(what string, after time.Duration) error {
	return &DeviceError{fmt.Sprintf("the device has not finished %s within %s: its driver hangs, or was reset; go on from the last checkpoint, and if it happens again update the driver",
		what, after.Round(time.Second))}
}

// dropped is the error of a readback that finds another count of submissions than were made.
func dropped(program string, ran, made uint32) error {
	return &DeviceError{fmt.Sprintf("the device dropped work: it was given %d submissions, the last of a program by %q, and counted %d; its driver ran out of time or memory, or was reset; go on from the last checkpoint with a smaller batch, and if it happens again update the driver",
		made, program, ran)}
}
