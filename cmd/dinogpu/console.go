package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/dinogpu/dinogpu/dino/run"
)

// console is where notices and progress go: stderr, and train.log once a run
// has a folder. On a terminal the last line is rewritten as the run goes on.
type console struct {
	w     io.Writer
	tty   bool
	width func() int
	now   func() time.Time // nil: time.Now

	mu     sync.Mutex
	run    *run.Folder
	early  []saidLine // until the first run is attached
	ended  bool       // a run was attached and is not any more
	status string     // what the rewritten line shows, or empty
}

type saidLine struct {
	at   time.Time
	text string
}

func newConsole(stderr *os.File) *console {
	fd := int(stderr.Fd())
	return &console{
		w:   stderr,
		tty: term.IsTerminal(fd),
		width: func() int {
			if w, _, err := term.GetSize(fd); err == nil && w > 0 {
				return w
			}
			return 80
		},
		now: time.Now,
	}
}

// Attach sends what is printed to the run's train.log as well, from what was
// said before the run had a folder on; nil ends that.
func (c *console) Attach(run *run.Folder) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.run, c.ended = run, run == nil
	if run == nil {
		return
	}
	for _, l := range c.early {
		c.write(l)
	}
	c.early = nil
}

// Print says a notice.
func (c *console) Print(format string, args ...any) {
	c.say(fmt.Sprintf(format, args...))
}

// Error says why the command ends.
func (c *console) Error(text string) { c.say(text) }

func (c *console) say(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clear()
	fmt.Fprintln(c.w, text)
	c.log(text)
	c.draw()
}

// Log writes to train.log alone.
func (c *console) Log(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.log(text)
}

// Status replaces the rewritten line; the empty text takes it away. It does
// nothing where there is no terminal.
func (c *console) Status(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.tty {
		return
	}
	c.clear()
	c.status = text
	c.draw()
}

func (c *console) log(text string) {
	now := time.Now
	if c.now != nil {
		now = c.now
	}
	l := saidLine{now(), text}
	switch {
	case c.run != nil:
		c.write(l)
	case !c.ended:
		c.early = append(c.early, l)
	}
}

// A full disk should not end a run that goes well: lines that train.log does
// not take wait in it, and closing it tells of those that are lost.
func (c *console) write(l saidLine) {
	for _, line := range strings.Split(l.text, "\n") {
		_ = c.run.Log(l.at, line)
	}
}

func (c *console) clear() {
	if c.status != "" {
		fmt.Fprint(c.w, "\r\x1b[K")
	}
}

// A line that wraps cannot be rewritten, so it is cut one short of the edge.
func (c *console) draw() {
	if c.status == "" {
		return
	}
	runes := []rune(c.status)
	if most := c.width() - 1; len(runes) > most {
		runes = runes[:max(most, 0)]
	}
	fmt.Fprint(c.w, string(runes))
}
