package main

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// stopWords are what a command says when it is asked to stop, what it adds for whoever can press Ctrl-C again, and what
// that ends with.
type stopWords struct{ asked, again, atOnce string }

// stopWordsOf are those of the command that args ask for: only training has something to save.
func stopWordsOf(args []string) stopWords {
	const again = "Ctrl-C again, a second from now or later, stops at once"
	if len(args) > 0 && args[0] == "train" {
		return stopWords{"Stopping after this step.", again + ", without saving.", "stopped at once; what came after the last checkpoint is lost"}
	}
	return stopWords{"Stopping.", again + ".", "stopped at once"}
}

// sureAfter is how long after a Ctrl-C another one is a wish of its own. Within it they are one stop that arrives twice:
// timeout, for one, sends its signal to the program and then to the group that the program is in.
const sureAfter = time.Second

// wordsWithin is how long a stop waits for its words, which a terminal or a disk may hold up.
const wordsWithin = time.Second

// stops are the signals that a process has taken.
type stops struct {
	asked bool
	ctrlC time.Time // the first Ctrl-C; zero: none yet
}

// take says what a signal asks for. SIGTERM and SIGHUP only ever ask to stop, however many come: systemd sends both, a
// closing terminal several. Whoever wants an end at once has SIGKILL.
func (s *stops) take(sig os.Signal, now time.Time, w stopWords) (sentence string, atOnce bool) {
	first := !s.asked
	s.asked = true
	switch {
	case sig != os.Interrupt && first:
		return w.asked, false
	case sig != os.Interrupt:
		return "", false
	case s.ctrlC.IsZero():
		s.ctrlC = now
		return w.asked + " " + w.again, false
	}
	if now.Sub(s.ctrlC) < sureAfter {
		return "", false
	}
	return w.atOnce, true
}

// said is when the words of a stop were out: a Ctrl-C that came while they waited is the same stop.
func (s *stops) said(now time.Time) {
	if !s.ctrlC.IsZero() {
		s.ctrlC = now
	}
}

// ownSignals are those by which this process is asked to stop.
func ownSignals() <-chan os.Signal {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // nohup has it ignored: such a run outlives its terminal
		signal.Notify(signals, syscall.SIGHUP)
	}
	ignoreFileSignals()
	return signals
}

// A signalRelay is where signals come from, and who else than this process heeds them.
type signalRelay struct {
	from <-chan os.Signal

	mu sync.Mutex
	to chan<- os.Signal // nil: nobody else
}

// passTo leaves all signals to whoever reads to, until done is called.
func (r *signalRelay) passTo(to chan<- os.Signal) (done func()) {
	set := func(to chan<- os.Signal) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.to = to
	}
	set(to)
	return func() { set(nil) }
}

// passed tells whether a signal was left to another.
func (r *signalRelay) passed(sig os.Signal) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.to == nil {
		return false
	}
	select {
	case r.to <- sig:
	default: // it has more than enough of them
	}
	return true
}

// withSignals gives a context that the first Ctrl-C (or a polite kill, or a terminal that closes) cancels, so that a run
// can finish its step and save; a second Ctrl-C ends the process where it stands, by exit.
func withSignals(parent context.Context, con *console, w stopWords, relay *signalRelay, exit func(code int)) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	go func() {
		var s stops
		for sig := range relay.from {
			if relay.passed(sig) {
				continue
			}
			sentence, atOnce := s.take(sig, time.Now(), w)
			if atOnce {
				within(wordsWithin, func() { con.Error("dinogpu: " + sentence) })
				exit(exitFailed)
			}
			if sentence != "" {
				within(wordsWithin, func() { con.Print("%s", sentence) })
				s.said(time.Now())
			}
			cancel()
		}
	}()
	return ctx, cancel
}

// within does work, and leaves it behind when it takes longer.
func within(d time.Duration, work func()) {
	done := make(chan struct{})
	go func() { work(); close(done) }()
	select {
	case <-done:
	case <-time.After(d):
	}
}
