package gpu

import "time"

// submissions is the work that the device has been given since it was last seen idle.
type submissions struct {
	since time.Time
	cost  float64
	count int
	timed bool // cost covers all the time: the rate may be learned from it
}

const (
	// queueSeconds is the work that may wait: an unbounded queue grows until the device is lost.
	queueSeconds = 2 * submissionSeconds
	// maxInFlight bounds the number of submissions too.
	maxInFlight = 32
)

// submitting starts the clock of the next submission. d.mu is held.
func (d *Device) submitting() {
	if d.inFlight.count == 0 {
		d.inFlight.since, d.inFlight.timed = time.Now(), true
	}
}

// submitted counts a submission, and waits while too much is in flight. d.mu is held.
func (d *Device) submitted(cost float64) {
	f := &d.inFlight
	f.count++
	f.cost += cost
	switch {
	case f.cost >= d.rate*queueSeconds || f.count >= maxInFlight:
		d.wait()
	case d.dev.Poll(false, nil):
		d.learn() // it was busy until about now
		d.idle()
	}
}

// wait returns when everything submitted has run. A poll that waits is not used for it: wgpu gives one up after 5
// seconds, takes the work for done and frees what the driver is still reading, which ends the process. A kernel
// that compiles on a busy machine takes as long. d.mu is held.
func (d *Device) wait() {
	busy, start := false, time.Now()
	for pause := 10 * time.Microsecond; !d.dev.Poll(false, nil); pause = min(2*pause, 200*time.Microsecond) {
		busy = true
		time.Sleep(pause)
	}
	if busy {
		d.learn() // it was busy all along
	}
	d.waited += time.Since(start)
	d.idle()
}

// Waited is the time that the host has waited for the device so far. The rest of the time it had work of its own.
func (d *Device) Waited() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.waited
}

// learn moves the rate towards the cost in flight over the time that it took, the more the longer that time. d.mu is
// held.
func (d *Device) learn() {
	seconds := time.Since(d.inFlight.since).Seconds()
	if d.inFlight.count == 0 || !d.inFlight.timed || seconds <= 0 {
		return
	}
	weight := 0.3 * min(1, seconds/submissionSeconds)
	d.rate += weight * (d.inFlight.cost/seconds - d.rate)
	d.rate = min(max(d.rate, 2e8), 1e14)
}

// idle takes note that everything submitted has run: readbacks under way can be mapped, and staging used again.
func (d *Device) idle() {
	d.inFlight = submissions{}
	d.uploads.recycle()
	for _, r := range d.readbacks {
		r.finish()
	}
	d.readbacks = d.readbacks[:0]
}
