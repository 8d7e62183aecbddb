package gpu

import (
	"runtime"
	"time"
)

// A submission is work that the device was given at once.
type submission struct {
	what     string // it is, in errors
	cost     float64
	cold     bool // the driver may compile a kernel in it
	staging  *staging
	readback *Readback

	index uint64    // wgpu's
	at    time.Time // it was handed over
}

// A driver is what waiting asks of a device.
type driver interface {
	// idle tells at once whether everything submitted has run.
	idle() bool
	// await returns when the submission of that index has run, or after about driverPatience.
	await(index uint64)
}

// A clock tells the time and passes it.
type clock struct {
	now   func() time.Time
	sleep func(time.Duration)
}

// A backlog is the work that the device has been given and is not known to have run, the oldest first. It holds back who
// would add too much, and learns the device's rate.
type backlog struct {
	driver
	clock
	software bool
	seconds  float64          // that a submission should take
	retired  func(submission) // told of each that has run
	rate     float64          // cost units per second, as measured: see Run
	waited   time.Duration    // by the host
	failed   error            // sticks

	out   []submission
	since time.Time // the oldest runs since then
	exact bool      // since is exactly that
}

const (
	// maxInFlight bounds the number of submissions: an unbounded queue grows until the device is lost.
	maxInFlight = 32
	// warmSeconds is the deadline of a wait for kernels that have run before, coldSeconds that where one is compiled or a
	// processor does the work.
	warmSeconds = 60
	coldSeconds = 600
	// driverPatience is when wgpu gives up a wait for one submission. It then takes it for done.
	driverPatience = 4900 * time.Millisecond
	// blocked is how long a wait lasts at least where the device was still busy.
	blocked = 50 * time.Microsecond
)

// submitting starts the clock of the next submission.
func (b *backlog) submitting() {
	if len(b.out) == 0 {
		b.since, b.exact = b.now(), true
	}
}

// add takes note of a submission, and waits for the oldest while too much is in flight: the device goes on with the others.
func (b *backlog) add(s submission) error {
	b.out = append(b.out, s)
	if b.idle() {
		b.learn(len(b.out), b.software) // software works while it is given the work
		b.retire(len(b.out))
		return b.failed
	}
	for len(b.out) > 1 && (b.cost(len(b.out)) >= 2*b.seconds*b.rate || len(b.out) >= maxInFlight) {
		if err := b.until(b.out[0].index); err != nil {
			return err
		}
	}
	return b.failed
}

// until returns when the submission of that index has run, and those before it. Others may still be under way.
func (b *backlog) until(index uint64) error {
	n, cold := 0, false
	for n < len(b.out) && b.out[n].index <= index {
		cold = cold || b.out[n].cold
		n++
	}
	switch {
	case n == 0 || b.failed != nil:
		return b.failed
	case n == len(b.out) || cold || b.software || b.idle():
		// wgpu's own wait gives up after 5 seconds, takes the work for done and frees what the driver is still reading, which
		// may end the process: it is for work that takes a part of a second, with more behind it.
		return b.drain(false)
	}
	start := b.now()
	b.await(b.out[n-1].index)
	took := b.now().Sub(start)
	b.waited += took
	if took >= driverPatience {
		return b.drain(false) // what is behind it tells when it is done
	}
	b.learn(n, took >= blocked)
	b.retire(n)
	b.since, b.exact = b.now(), took >= blocked
	return b.failed
}

// drain returns when everything submitted has run. It sleeps meanwhile, a millisecond and more at a time on some systems; to
// measure time, it spins.
func (b *backlog) drain(measure bool) error {
	if b.failed != nil {
		return b.failed
	}
	start, busy := b.now(), false
	for pause := 10 * time.Microsecond; !b.idle(); {
		busy = true
		took := b.now().Sub(start)
		if limit := b.deadline(); took > limit {
			b.fail(hangs(b.whatIsOut(), limit))
			return b.failed
		}
		if !b.software && (measure || took < time.Millisecond) {
			runtime.Gosched()
			continue
		}
		b.sleep(pause)
		pause = min(2*pause, 200*time.Microsecond)
	}
	if busy {
		b.learn(len(b.out), true)
	}
	b.waited += b.now().Sub(start)
	b.retire(len(b.out))
	return b.failed
}

func (b *backlog) deadline() time.Duration {
	for _, s := range b.out {
		if s.cold || b.software {
			return coldSeconds * time.Second
		}
	}
	return warmSeconds * time.Second
}

func (b *backlog) whatIsOut() string {
	if len(b.out) == 0 {
		return "its work"
	}
	return b.out[0].what
}

// fail makes err the error of everything that follows; the first one sticks.
func (b *backlog) fail(err error) {
	if b.failed == nil {
		b.failed = err
	}
}

// cost is that of the n oldest.
func (b *backlog) cost(n int) float64 {
	sum := 0.0
	for _, s := range b.out[:n] {
		sum += s.cost
	}
	return sum
}

// learn moves the rate towards the cost of the n oldest, which have just been seen done, over the time that they took, the
// more the longer that time. Where they may have been done before, they only show that the device is no slower.
func (b *backlog) learn(n int, justNow bool) {
	if n == 0 {
		return
	}
	for _, s := range b.out[:n] {
		if s.cold {
			return // its time is the compiler's
		}
	}
	justNow = justNow && b.exact
	from := b.out[0].at
	if justNow {
		from = b.since
	}
	seconds := b.now().Sub(from).Seconds()
	if seconds <= 0 {
		return
	}
	measured := b.cost(n) / seconds
	if !justNow && measured <= b.rate {
		return
	}
	weight := 0.3 * min(1, seconds/b.seconds)
	b.rate = min(max(b.rate+weight*(measured-b.rate), 2e8), 1e14)
}

// retire takes the n oldest, which have run, off the list.
func (b *backlog) retire(n int) {
	done := b.out[:n:n]
	b.out = b.out[n:]
	for _, s := range done {
		b.retired(s)
	}
}
