package main

import (
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// longestWords is how much of a dead process's words is said.
const longestWords = 300

// lastWords are what a process that died has to say, out of all that it wrote to stderr: a Rust panic's message with its
// cause, Go's reason to end, what an assertion said before a signal, or just its last line. Traces are left out.
func lastWords(raw string) string {
	var lines []string
	for line := range strings.Lines(raw) {
		lines = append(lines, strings.TrimRight(line, "\r\n"))
	}
	words := ""
	for _, find := range []func([]string) string{rustPanic, goEnd, beforeSignal, lastLine} {
		if words = find(lines); words != "" {
			break
		}
	}
	words = disk.Printable(words)
	if runes := []rune(words); len(runes) > longestWords {
		words = string(runes[:longestWords]) + " ..."
	}
	return words
}

// rustPanic is the first panic's message. wgpu's begins with what failed in general and ends with what it was, a line each
// between headings.
func rustPanic(lines []string) string {
	for i, line := range lines {
		_, rest, found := strings.Cut(line, "panicked at ")
		if !found || !strings.HasPrefix(line, "thread ") {
			continue
		}
		if before, ok := strings.CutPrefix(rest, "'"); ok { // as Rust before 1.73 wrote it, with the place behind it
			message, _, _ := strings.Cut(before, "', ")
			return strings.TrimSpace(message)
		}
		var parts []string
		for _, line := range lines[i+1:] {
			text := strings.TrimSpace(line)
			if strings.HasPrefix(line, "thread ") || strings.HasPrefix(line, "stack backtrace:") || strings.HasPrefix(line, "note: ") || strings.HasPrefix(line, "fatal runtime error") || strings.HasPrefix(line, "SIG") {
				break
			}
			if text == "" || text == "Caused by:" || strings.HasPrefix(text, "In wgpu") || strings.HasPrefix(text, "note: ") {
				continue
			}
			parts = append(parts, text)
		}
		return strings.Join(parts, ": ")
	}
	return ""
}

// goEnd is why Go's runtime ended the process.
func goEnd(lines []string) string {
	for _, line := range lines {
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			return line
		}
	}
	return ""
}

// beforeSignal is the line before Go's report of a signal that C code raised, and the signal.
func beforeSignal(lines []string) string {
	before := ""
	for _, line := range lines {
		if name, _, ok := strings.Cut(line, ": "); ok && strings.HasPrefix(name, "SIG") && strings.ToUpper(name) == name {
			if before != "" {
				return before + " (" + line + ")"
			}
			return line
		}
		if strings.TrimSpace(line) != "" {
			before = strings.TrimSpace(line)
		}
	}
	return ""
}

func lastLine(lines []string) string {
	for i := len(lines) - 1; i >= 0; i-- {
		if text := strings.TrimSpace(lines[i]); text != "" {
			return text
		}
	}
	return ""
}

// keptWords is how much of a process's raw words is kept: a panic's message stands before Go's trace of all goroutines.
const keptWords = 256 << 10

// rawWords keeps what a process writes to stderr besides its console: what drivers and runtimes say.
type rawWords struct{ text []byte }

// Write keeps the last of it.
func (r *rawWords) Write(p []byte) (int, error) {
	r.text = append(r.text, p...)
	if len(r.text) > 2*keptWords {
		r.text = append(r.text[:0], r.text[len(r.text)-keptWords:]...)
	}
	return len(p), nil
}
