package gpu

import (
	"fmt"
	"math"
	"strings"
)

// A MemoryError says that the device has no room for a buffer or a texture.
type MemoryError struct {
	What  string // a tensor's name, or what else was asked for
	Need  int    // bytes asked for
	Taken int    // bytes that this program has on the device
	Free  int    // bytes that are known to be free; 0: nobody tells
	Raw   string // the driver's own words, for a log
}

func (e *MemoryError) Error() string {
	there := "the driver does not tell how much there is"
	if e.Free > 0 {
		there = size(e.Free) + " are free on this machine"
	}
	return fmt.Sprintf("out of memory: %s needs %s on the device, dinogpu has %s there already, and %s", e.What, size(e.Need), size(e.Taken), there)
}

// size rounds up.
func size(bytes int) string {
	if bytes < 1<<30 {
		return mib(bytes)
	}
	return fmt.Sprintf("%.1f GiB", math.Ceil(10*float64(bytes)/(1<<30))/10)
}

// notMade is the error of memory that was asked for and not made: a *MemoryError where there is too little. d.mu is held.
func (d *Device) notMade(what string, bytes int, err error) error {
	if !OutOfMemory(err.Error()) {
		return fmt.Errorf("%s: no %s of device memory: %w", what, size(bytes), err)
	}
	return &MemoryError{What: what, Need: bytes, Taken: d.allocated, Free: d.FreeMemory(), Raw: err.Error()}
}

// OutOfMemory tells from the words of a driver, of wgpu or of a runtime whether there was too little memory: the binding
// gives an error's text alone, and a process that dies leaves no more.
func OutOfMemory(words string) bool {
	words = strings.ReplaceAll(strings.ToLower(words), "_", " ")
	for _, w := range []string{"not enough memory", "out of memory", "outofmemory", "out of device memory", "out of host memory", "cannot allocate memory", "bad alloc"} {
		if strings.Contains(words, w) {
			return true
		}
	}
	return false
}
