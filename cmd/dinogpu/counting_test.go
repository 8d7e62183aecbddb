package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// What is counted has its ETA by the images since the first, on a terminal with a bar, elsewhere once a minute.
func TestCounting(t *testing.T) {
	for tty, want := range map[bool]string{
		true:  "photos: [#########...........] 48 of 100 images  ETA 2m10s",
		false: "photos: 17 of 100 images  ETA 3m28s\nphotos: 41 of 100 images  ETA 2m28s\n",
	} {
		var out bytes.Buffer
		now := time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
		c := &console{w: &out, tty: tty, width: func() int { return 100 }, now: func() time.Time { return now }}
		done := counting(c, "photos", 100)
		now = now.Add(20 * time.Second) // what is built before the first
		for n := 1; n <= 48; n++ {
			done(n)
			now = now.Add(2500 * time.Millisecond)
		}
		if got := out.String(); !strings.HasSuffix(got, want) || !tty && got != want {
			t.Errorf("terminal %v: %q, want %q at its end", tty, got, want)
		}
		done(100)
		if tty && !strings.HasSuffix(out.String(), "\r\x1b[K") {
			t.Errorf("the line stays: %q", out.String())
		}
	}
}
