package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/dinogpu/dinogpu/dino/run"
)

// barCells is the length of a progress bar in letters.
const barCells = 20

// counting shows how many of so many images are gone through, a bar and how long the rest takes: often on a terminal, each
// minute and without the bar elsewhere.
func counting(console *console, what string, of int) func(n int) {
	return countingOf(console, what, of, "images")
}

// countingOf is counting of other things than images.
func countingOf(console *console, what string, of int, things string) func(n int) {
	drawn, printed := time.Time{}, console.now()
	var first int // the first that was told, and when: what was built before it does not count
	var began time.Time
	return func(n int) {
		now := console.now()
		if began.IsZero() {
			first, began = n, now
		}
		line := func(bar string) string {
			text := fmt.Sprintf("%s: %s%d of %d %s", what, bar, n, of, things)
			if n > first {
				text += "  ETA " + run.ShortDuration(now.Sub(began)/time.Duration(n-first)*time.Duration(of-n))
			}
			return text
		}
		switch {
		case n == of:
			console.Status("")
		case console.tty && now.Sub(drawn) >= redrawEvery:
			drawn = now
			console.Status(line(bar(n, of)))
		case !console.tty && now.Sub(printed) >= time.Minute:
			printed = now
			console.Print("%s", line(""))
		}
	}
}

// bar is a line that is full where n is all.
func bar(n, of int) string {
	full := min(barCells*n/max(1, of), barCells)
	return "[" + strings.Repeat("#", full) + strings.Repeat(".", barCells-full) + "] "
}
