//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// With this in its environment the test's own binary becomes a run that never
// ends its step, for signals to be sent to.
const signalChild = "DINOGPU_TEST_SIGNAL_CHILD"

// With this in its environment the test's own binary becomes dinogpu itself, to
// be killed. A number in it is the most bytes that a file may have.
const dinogpuChild = "TEST_DINOGPU_CHILD"

func TestMain(m *testing.M) {
	if text := os.Getenv(dinogpuChild); text != "" {
		if bytes, err := strconv.ParseUint(text, 10, 63); err == nil {
			if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: bytes, Max: bytes}); err != nil {
				panic(err)
			}
		}
		if err := prepareDeath(); err != nil {
			panic(err)
		}
		main()
	}
	if os.Getenv(signalChild) == "" {
		os.Exit(m.Run())
	}
	ctx, _ := withSignals(context.Background(), newConsole(os.Stderr), stopWordsOf([]string{"train"}), &signalRelay{from: ownSignals()}, os.Exit)
	fmt.Println("ready")
	<-ctx.Done()
	fmt.Println("cancelled")
	_, _ = io.Copy(io.Discard, os.Stdin) // until the test lets it end
	os.Exit(signalChildEnds)
}

// signalChildEnds is the status of a child that no signal ended.
const signalChildEnds = 99

// child is dinogpu as a process of its own; limit is empty or the most bytes of a file.
func child(limit string, args ...string) (*exec.Cmd, *bytes.Buffer) {
	if limit == "" {
		limit = "no"
	}
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), dinogpuChild+"="+limit, "DINOGPU_MEASURE_EVERY=0", "DINOGPU_IMAGES=false")
	stderr := &bytes.Buffer{}
	c.Stderr = stderr
	return c, stderr
}

// A stoppable is a process that waits to be stopped.
type stoppable struct {
	*testing.T
	cmd    *exec.Cmd
	stderr strings.Builder
	hold   io.Closer
	lines  *bufio.Scanner
}

func startStoppable(t *testing.T) *stoppable {
	t.Helper()
	s := &stoppable{T: t, cmd: exec.Command(os.Args[0])} // not dinogpu: nothing to set up
	s.cmd.Env = append(os.Environ(), signalChild+"=1")
	s.cmd.Stderr = &s.stderr
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if s.hold, err = s.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.lines = bufio.NewScanner(stdout)
	s.expect("ready")
	return s
}

func (s *stoppable) expect(want string) {
	s.Helper()
	if !s.lines.Scan() || s.lines.Text() != want {
		s.Errorf("got %q, want %q", s.lines.Text(), want)
	}
}

func (s *stoppable) send(signals ...os.Signal) {
	s.Helper()
	for _, sig := range signals {
		if err := s.cmd.Process.Signal(sig); err != nil {
			s.Fatal(err)
		}
	}
}

// end lets the process go on to its end and gives its status.
func (s *stoppable) end() int {
	_ = s.hold.Close()
	_ = s.cmd.Wait() // the status says it
	return s.cmd.ProcessState.ExitCode()
}

// Programs that stop others send two signals for one stop, at once or later. None of them ends the process before it has
// saved.
func TestOneStopInSeveralSignals(t *testing.T) {
	const term, hup, ctrlC = syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT
	for _, c := range [][]os.Signal{
		{ctrlC, ctrlC}, {term, term}, {hup, hup}, {term, hup}, {hup, term, hup}, {term, ctrlC}, {ctrlC, term}, {term, term, term, hup},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			t.Parallel()
			s := startStoppable(t)
			s.send(c...)
			s.expect("cancelled")
			time.Sleep(sureAfter + 100*time.Millisecond)
			if c[0] != ctrlC {
				s.send(c[0], hup, term) // asked again, as often and as late as one likes
				time.Sleep(100 * time.Millisecond)
			}
			if got := s.end(); got != signalChildEnds {
				t.Errorf("ended with %d: %s", got, &s.stderr)
			}
			if n := strings.Count(s.stderr.String(), "Stopping after this step."); n < 1 || n > 2 || strings.Contains(s.stderr.String(), "stopped at once") {
				t.Errorf("said %q", &s.stderr)
			}
			if offered := strings.Contains(s.stderr.String(), "Ctrl-C again"); offered && !slices.Contains(c, os.Signal(ctrlC)) {
				t.Errorf("Ctrl-C again where there was none: %q", &s.stderr)
			}
		})
	}
}

// Who presses Ctrl-C again after a second means it.
func TestSecondCtrlCStopsAtOnce(t *testing.T) {
	for _, before := range [][]os.Signal{{}, {syscall.SIGTERM}} {
		s := startStoppable(t)
		s.send(before...)
		time.Sleep(10 * time.Millisecond)
		s.send(os.Interrupt)
		s.expect("cancelled")
		ended := make(chan struct{})
		go func() { // on a busy machine the words of the first may take their time
			for {
				select {
				case <-ended:
					return
				case <-time.After(sureAfter + 100*time.Millisecond):
					_ = s.cmd.Process.Signal(os.Interrupt) // it may have ended
				}
			}
		}()
		_ = s.cmd.Wait() // the status says it
		close(ended)
		if got := s.cmd.ProcessState.ExitCode(); got != exitFailed {
			t.Errorf("after %v: exit %d, want %d", before, got, exitFailed)
		}
		for _, want := range []string{"Stopping after this step. Ctrl-C again, a second from now or later, stops at once, without saving.", "dinogpu: stopped at once"} {
			if !strings.Contains(s.stderr.String(), want) {
				t.Errorf("after %v: stderr %q does not say %q", before, &s.stderr, want)
			}
		}
	}
}

// gone is a pipe that nobody reads.
type gone struct{}

func (gone) Write([]byte) (int, error) {
	return 0, &os.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE}
}

// "dinogpu devices | head -0" says nothing: the reader has what it wanted.
func TestReaderThatHasGoneIsNoFault(t *testing.T) {
	var stderr bytes.Buffer
	a := &app{ctx: t.Context(), stdout: gone{}, console: &console{w: &stderr}}
	if code := execute(a, []string{"devices"}); code != exitFailed || stderr.Len() > 0 {
		t.Errorf("exit %d: %s", code, &stderr)
	}
}
