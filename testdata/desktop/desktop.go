// Package desktop is an X server without a screen: tests open windows on it, press keys, move the mouse, and read what is
// shown. It is for tests alone; begin with New. Debian has what it runs as xvfb, x11-apps and xdotool.
package desktop

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// The screen's size, in pixels.
const (
	Width  = 1400
	Height = 1000
)

// patience is how long a window may take for what it is asked to: the tests' machine may be busy.
const patience = 90 * time.Second

// A Desktop is an X server, for one test.
type Desktop struct {
	t       testing.TB
	display string
}

// New starts an X server of this content scale, 1 where pixels are large. It ends with the test. The mouse is in the lower
// right corner, out of the way of most windows.
func New(t testing.TB, scale float64) *Desktop {
	t.Helper()
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	server := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", fmt.Sprintf("%dx%dx24", Width, Height), "-nolisten", "tcp", "-noreset")
	server.ExtraFiles = []*os.File{in}
	err = server.Start()
	in.Close()
	if err != nil {
		t.Fatalf("%v: this test needs an X server without a screen (Debian: apt install xvfb x11-apps xdotool)", err)
	}
	t.Cleanup(func() { server.Process.Kill(); server.Wait() })
	number, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal("Xvfb did not start: ", err)
	}
	d := &Desktop{t, ":" + strings.TrimSpace(number)}
	if err := d.setScale(scale); err != nil {
		t.Fatal("the content scale could not be set: ", err)
	}
	d.Run("xdotool", "mousemove", fmt.Sprint(Width-1), fmt.Sprint(Height-1))
	return d
}

// Environ is this process's environment, with the desktop in it.
func (d *Desktop) Environ() []string {
	return append(os.Environ(), "DISPLAY="+d.display, "WAYLAND_DISPLAY=")
}

// Run runs a program of the desktop, such as xdotool, and gives what it printed.
func (d *Desktop) Run(name string, args ...string) string {
	d.t.Helper()
	out, err := d.try(name, args...)
	if err != nil {
		d.t.Fatalf("%v (Debian: apt install xvfb x11-apps xdotool)", err)
	}
	return out
}

func (d *Desktop) try(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Env = d.Environ()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%s %v: %w %s", name, args, err, &stderr)
	}
	return string(out), err
}

// Find waits for a window whose title has this text in it, and gives it the keyboard. Where gone says that nothing will
// open it any more, the test ends.
func (d *Desktop) Find(title string, gone func() bool) *Window {
	d.t.Helper()
	for until := time.Now().Add(patience); ; {
		ended := gone()
		out, err := d.try("xdotool", "search", "--name", title)
		if id := strings.Fields(out); len(id) == 1 {
			w := &Window{d, id[0]}
			w.Run("xdotool", "windowfocus", "--sync", w.id)
			return w
		}
		if ended || time.Now().After(until) {
			d.t.Fatalf("there is no window of title %q: %q, %v", title, out, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}
