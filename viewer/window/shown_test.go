//go:build window

package window

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dinogpu/dinogpu/testdata/desktop"
)

// A shown is a window of this test's own program on a desktop.
type shown struct {
	*desktop.Window
	t     *testing.T
	in    io.Writer
	lines chan string
}

// show starts a desktop and the program, and waits for its window.
func show(t *testing.T) *shown {
	t.Helper()
	d := desktop.New(t, 1)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(d.Environ(), "DINOGPU_TEST_WINDOW=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &shown{t: t, in: in, lines: make(chan string, 10000)}
	var ended atomic.Bool
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			s.lines <- lines.Text()
		}
		ended.Store(true)
		close(s.lines)
	}()
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the window's program ended with %v", err)
		}
	})
	t.Log(s.wait("drawn by"))
	s.Window = d.Find("stripes", ended.Load)
	return s
}

// wait gives the next line that begins so.
func (s *shown) wait(start string) string {
	s.t.Helper()
	limit, heard := time.After(4*time.Minute), []string{}
	for {
		select {
		case line, ok := <-s.lines:
			if !ok {
				s.t.Fatalf("the window's program ended before it said %q; it said %q", start, heard)
			}
			heard = append(heard, line)
			if strings.HasPrefix(line, start) {
				return line
			}
		case <-limit:
			s.t.Fatalf("the window's program has not said %q for minutes", start)
		}
	}
}

// tell gives it a command and returns how it is afterwards.
func (s *shown) tell(format string, args ...any) string {
	s.t.Helper()
	line := fmt.Sprintf(format, args...)
	fmt.Fprintln(s.in, line)
	return s.wait("state " + strings.Fields(line)[0])
}
