package run

import (
	"strings"
	"sync"
	"time"

	"github.com/dinogpu/dinogpu/dino"
)

// logged passes notices on, one at a time, and writes them to train.log: what was said before the run had a folder once
// it has one.
type logged struct {
	to       Notices
	now      func() time.Time
	words    func(string) string
	progress *Progress

	mu     sync.Mutex
	folder *Folder
	early  []Line
}

// A Line is one of train.log.
type Line struct {
	At   time.Time
	Text string
}

// attach gives the notices their file, which begins with a line about the program.
func (l *logged) attach(folder *Folder, about string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.folder = folder
	for _, line := range l.early {
		l.write(line)
	}
	l.early = nil
	l.log(about)
}

// Say passes a sentence on and logs it.
func (l *logged) Say(sentence string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to.Say(sentence)
	l.log(sentence)
}

// Log writes to train.log alone.
func (l *logged) Log(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.log(text)
}

// Status passes a line on.
func (l *logged) Status(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to.Status(line)
}

// Step passes metrics on, and logs a line of progress when it is time for one.
func (l *logged) Step(m dino.StepMetrics) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to.Step(m)
	if line, due := l.progress.Step(m, l.now()); due {
		l.log(line)
	}
}

// Measured passes an evaluation on and logs it.
func (l *logged) Measured(step int, values any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to.Measured(step, values)
	if sentence := l.progress.Measured(step, values); sentence != "" {
		l.log(sentence)
	}
}

func (l *logged) log(text string) {
	if l.words != nil {
		text = l.words(text)
	}
	line := Line{l.now(), text}
	if l.folder == nil {
		l.early = append(l.early, line)
		return
	}
	l.write(line)
}

// write is silent about a full disk, which should not end a run that goes well: lines that train.log does not take wait
// in it, and closing it tells of those that are lost.
func (l *logged) write(line Line) {
	if line.Text == "" {
		return
	}
	for text := range strings.SplitSeq(line.Text, "\n") {
		_ = l.folder.Log(line.At, text)
	}
}
