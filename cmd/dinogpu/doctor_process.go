package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// An examination is a part in a process of its own, and how that ended.
type examination struct {
	spec   partSpec
	limit  time.Duration
	folder string                              // for what the process leaves: temporary files, kept choices
	status func(at string, took time.Duration) // told every second

	state partState
	took  time.Duration
	words string // why it ended so
	raw   string // what drivers and runtimes wrote
	heard partEvents
}

// partEndsWithin is how long a process that was killed may take to end.
const partEndsWithin = 20 * time.Second

// do starts the process and follows it to its end, which comes with that of ctx or at the limit at the latest. The calling
// goroutine must be locked to its thread.
func (e *examination) do(ctx context.Context) {
	start := time.Now()
	defer func() { e.took = time.Since(start) }()
	e.heard.begin(e.spec.Kind)
	p, err := e.start()
	if err != nil {
		e.state, e.words = partFailed, "its process did not start: "+err.Error()
		return
	}
	end := p.followed()
	limit, ticks := time.After(e.limit), time.NewTicker(time.Second)
	defer ticks.Stop()
	e.status("", 0)
	var why string
	for why == "" {
		select {
		case last := <-end:
			e.judge(p, last)
			return
		case <-ticks.C:
			at, _ := e.heard.work()
			e.status(at, time.Since(start))
		case <-ctx.Done():
			e.state, why = partStopped, "you stopped it"
		case <-limit:
			e.state, why = e.overdue()
		}
	}
	p.kill()
	select {
	case <-end:
		e.words, e.raw = why, string(p.words.text)
	case <-time.After(partEndsWithin):
		e.state, e.words = partStuck, why+"; its process cannot be ended, as the driver holds it: restart the machine"
	}
}

// start starts the process.
func (e *examination) start() (*partProcess, error) {
	text, err := json.Marshal(e.spec)
	if err != nil {
		return nil, err
	}
	from, console, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p := &partProcess{said: make(chan string, 1)}
	p.childProcess, err = startChild([]string{"doctor-part", string(text)}, partEnvironment(e.folder), nil, &e.heard, console)
	_ = console.Close() // it is the child's
	go func() {
		defer from.Close() // nothing was written
		var words rawWords
		_, _ = io.Copy(&words, from) // until nobody can say more
		p.said <- string(words.text)
	}()
	return p, err
}

// A partProcess is the process of a part, and what it said to its console.
type partProcess struct {
	*childProcess
	said chan string
}

// followed gives, at the process's end, its last message; nil: it died.
func (p *partProcess) followed() <-chan *message {
	end := make(chan *message, 1)
	go func() {
		var last *message
		for m := range p.messages {
			if m.Is == ended {
				last = &m
			}
		}
		p.wait()
		end <- last
	}()
	return end
}

// judge says how a process ended that nobody killed.
func (e *examination) judge(p *partProcess, last *message) {
	e.raw = string(p.words.text)
	said := lastLine(strings.Split(<-p.said, "\n"))
	switch failure, cut := e.heard.ends(); {
	case last == nil:
		e.state, e.words = partCrashed, lastWords(e.raw)
		if e.words == "" {
			e.words = said
		}
		if e.words == "" {
			e.words = "it said nothing"
		}
		e.words += " (" + endText(p.cmd.ProcessState) + ")"
	case failure != "":
		e.state, e.words = partFailed, failure
	case last.Code != exitDone:
		e.state, e.words = partFailed, said
	case cut != "":
		e.state, e.words = partCut, cut
	default:
		e.state = partDone
	}
	if at, _ := e.heard.work(); e.state == partCrashed && at != "" {
		e.words = "while it was at " + at + ": " + e.words
	}
}

// overdue says that the limit is over, and what took so long: one thing, or all together.
func (e *examination) overdue() (partState, string) {
	at, since := e.heard.work()
	took, state := time.Since(since), partTimedOut
	if took > e.limit/2 {
		state = partHung
	}
	words := fmt.Sprintf("ended at its limit of %s", rounded(e.limit))
	if at != "" {
		words += fmt.Sprintf(", as it was at %s for %s", at, rounded(took))
	}
	return state, words
}

// endText is how the system says that a process ended. Windows gives what ended it as a number that is known in hexadecimal.
func endText(s *os.ProcessState) string {
	if code := s.ExitCode(); uint32(code) >= 0xC0000000 && code != -1 {
		return fmt.Sprintf("exit status 0x%08X", uint32(code))
	}
	return s.String()
}

// partEnvironment is this process's, but for where children keep the choices of matmuls, which are not the user's here, and
// where they leave files.
func partEnvironment(folder string) []string {
	env := append(os.Environ(), shaderCache()...)
	env = append(env, cacheVariable+"="+folder)
	for _, name := range temporaryVariables {
		env = append(env, name+"="+folder)
	}
	return env
}
