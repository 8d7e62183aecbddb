package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// On a terminal the last line is rewritten as before, by a process whose own stderr is none; what stood there when it died
// does not stay before the words that say so.
func TestTerminalOfATrainingProcess(t *testing.T) {
	t.Parallel()
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	if err := unix.IoctlSetPointerInt(int(terminal.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(terminal.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	c, _, _ := mortal(t, []string{"lost 3"}, killableRun(filepath.Join(t.TempDir(), "run"), "--epochs", "1")...)
	c.Stderr = tty
	shown := make(chan string)
	go func() {
		text, _ := io.ReadAll(terminal) // it ends with an error when nobody has the other side any more
		shown <- string(text)
	}()
	if err := c.Run(); err != nil {
		t.Error(err)
	}
	_ = tty.Close()
	text := <-shown
	for _, want := range []string{"\r\x1b[Kepoch 1/1  step ", "\r\x1b[KThe training process died ("} {
		if !strings.Contains(text, want) {
			t.Errorf("the terminal was not sent %q:\n%q", want, text)
		}
	}
	if strings.Contains(text, "panicked") {
		t.Errorf("the terminal was sent a trace:\n%q", text)
	}
}
