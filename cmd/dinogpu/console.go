package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/run"
)

// console is where notices and progress go: stderr. On a terminal the last line is rewritten as the work goes on.
type console struct {
	w     io.Writer
	tty   bool
	width func() int
	now   func() time.Time // nil: time.Now

	mu      sync.Mutex
	log     func(text string) // of the run that goes on
	earlier []run.Line        // said before a run had a log
	status  string            // what the rewritten line shows, or empty
}

func newConsole(stderr *os.File) *console {
	fd := int(stderr.Fd())
	return &console{
		w:   stderr,
		tty: term.IsTerminal(fd) && rewrites(stderr),
		width: func() int {
			if w, _, err := term.GetSize(fd); err == nil && w > 0 {
				return w
			}
			return 80
		},
		now: time.Now,
	}
}

// Print says a notice. It belongs to the log of a run that goes on or is about to begin.
func (c *console) Print(format string, args ...any) { c.say(fmt.Sprintf(format, args...)) }

// Error says why the command ends.
func (c *console) Error(text string) { c.say(text) }

func (c *console) say(text string) {
	text = asFlags(text)
	c.show(text)
	c.mu.Lock()
	log := c.log
	if log == nil {
		c.earlier = append(c.earlier, run.Line{At: c.time(), Text: text})
	}
	c.mu.Unlock()
	if log != nil {
		log(text) // not under the lock: the run holds one of its own while it calls show
	}
}

// show says what is in the run's log already.
func (c *console) show(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clear()
	fmt.Fprintln(c.w, disk.Printable(asFlags(text)))
	c.draw()
}

// attach sends what is said from now on to a run's log as well; nil ends that.
func (c *console) attach(log func(text string)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.log = log
}

func (c *console) time() time.Time {
	if c.now == nil {
		return time.Now()
	}
	return c.now()
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
	c.status = disk.Printable(text)
	c.draw()
}

// clearLine takes away the line that another process was rewriting when it ended.
func (c *console) clearLine() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tty {
		fmt.Fprint(c.w, "\r\x1b[K")
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
