package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"

	"github.com/dinogpu/dinogpu/dino/run"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
)

// childMark is the environment variable by which a process knows that another dinogpu started it, to train under its
// watch. It names files that the process got: see parentLink.
const childMark = "_DINOGPU_CHILD"

// A parentLink is what a training process shares with the one that watches it. Nil: nobody does.
type parentLink struct {
	stderr  *os.File         // the console: the process's own stderr takes what drivers and runtimes say
	signals <-chan os.Signal // that the watching process got
	process int              // its number

	mu   sync.Mutex
	out  *json.Encoder
	last message // so far: what ends the process
}

// openParentLink takes the link that the environment names. The process ends when the other one does.
func openParentLink() (*parentLink, error) {
	text := os.Getenv(childMark)
	if text == "" {
		return nil, nil
	}
	_ = os.Unsetenv(childMark)
	var stderr, out, in uintptr
	l := &parentLink{}
	if _, err := fmt.Sscanf(text, "%d,%d,%d,%d", &stderr, &out, &in, &l.process); err != nil {
		return nil, fmt.Errorf("%s=%s, which dinogpu sets for itself: %w", childMark, text, err)
	}
	l.stderr = os.NewFile(stderr, "stderr")
	l.out = json.NewEncoder(os.NewFile(out, "messages"))
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP) // the other process takes them, so that each counts once
	ignoreFileSignals()
	signals := make(chan os.Signal, 8)
	l.signals = signals
	go func() {
		orders := os.NewFile(in, "signals")
		for order := make([]byte, 1); ; {
			if _, err := io.ReadFull(orders, order); err != nil {
				os.Exit(exitFailed) // the other process is no more
			}
			if i := strings.IndexByte(signalLetters, order[0]); i >= 0 {
				signals <- passedSignals[i]
			}
		}
	}()
	return l, nil
}

// The signals that are passed on, and how.
var passedSignals = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}

const signalLetters = "ITH"

// tell sends a message. One that cannot be sent is of no use any more.
func (l *parentLink) tell(m message) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.out.Encode(m)
}

// watching is the number of the process that watches; 0: none does.
func (l *parentLink) watching() int {
	if l == nil {
		return 0
	}
	return l.process
}

// A toldEnd is an error that the watching process is told, which prints it or makes it good.
type toldEnd struct{ error }

func (e toldEnd) Unwrap() error { return e.error }

// forParent leaves an error that another process may make good to the one that watches.
func (l *parentLink) forParent(err error) error {
	kind := deathOf(err)
	if l == nil || kind == "" {
		return err
	}
	var less *run.LessError
	l.last.Kind, l.last.Words, l.last.Apart = kind, asFlags(err.Error()), errors.As(err, &less) && less.Apart
	return toldEnd{err}
}

// faults are what tests let a training process die of.
var faults struct {
	begin func(settings.Settings) error // where its memory is made
	step  func(step int)                // when a step was heard
}

// deathOf tells errors after which another process may train on: less memory may do, or a device come back.
func deathOf(err error) deathKind {
	switch {
	case errors.As(err, new(*gpu.MemoryError)), errors.As(err, new(*run.MemoryError)):
		return starved
	case errors.Is(err, gpu.ErrNoAdapter):
		return absent
	case errors.As(err, new(*gpu.DeviceError)):
		return died
	}
	return ""
}

// end is the last message.
func (l *parentLink) end(code int) {
	if l == nil {
		return
	}
	m := l.last
	m.Is, m.Code = ended, code
	l.tell(m)
}
