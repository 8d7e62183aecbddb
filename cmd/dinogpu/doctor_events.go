package main

import (
	"bytes"
	"encoding/json"
	"sync"
	"time"
)

// partEvents takes in what a part's process writes to its stdout.
type partEvents struct {
	mu     sync.Mutex
	kind   string
	line   []byte // that has no end yet
	at     string
	since  time.Time
	result partResult // so far; nil: none
	cut    string
	failed string
}

// longestEvent is far above any event's length, in bytes.
const longestEvent = 16 << 20

func (e *partEvents) begin(kind string) { e.kind, e.since = kind, time.Now() }

// Write takes whole lines, and keeps what is left for the next call. What is no event is passed over.
func (e *partEvents) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.line = append(e.line, p...)
	for {
		line, rest, found := bytes.Cut(e.line, []byte("\n"))
		if !found {
			break
		}
		e.take(line)
		e.line = append([]byte(nil), rest...)
	}
	if len(e.line) > longestEvent {
		e.line = nil
	}
	return len(p), nil
}

func (e *partEvents) take(line []byte) {
	var event partEvent
	if json.Unmarshal(line, &event) != nil {
		return
	}
	if event.At != "" {
		e.at, e.since = event.At, time.Now()
	}
	if event.Cut != "" {
		e.cut = event.Cut
	}
	if event.Error != "" {
		e.failed = event.Error
	}
	if len(event.Result) > 0 {
		if r := partKinds[e.kind].empty(); json.Unmarshal(event.Result, r) == nil {
			e.result = r
		}
	}
}

// work is what the process does, and since when; empty: it did not say.
func (e *partEvents) work() (at string, since time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.at, e.since
}

// ends are why it failed, and why it did less.
func (e *partEvents) ends() (failure, cut string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.failed, e.cut
}

// found is the result so far; nil: there is none.
func (e *partEvents) found() partResult {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.result
}
