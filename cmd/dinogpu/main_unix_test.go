//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
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
		main()
	}
	if os.Getenv(signalChild) == "" {
		os.Exit(m.Run())
	}
	ctx, _ := withSignals(context.Background(), newConsole(os.Stderr), stopWordsOf([]string{"train"}))
	fmt.Println("ready")
	<-ctx.Done()
	fmt.Println("cancelled")
	time.Sleep(time.Minute)
	os.Exit(99)
}

// child is dinogpu as a process of its own; limit is empty or the most bytes of a file.
func child(limit string, args ...string) (*exec.Cmd, *bytes.Buffer) {
	if limit == "" {
		limit = "no"
	}
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), dinogpuChild+"="+limit)
	stderr := &bytes.Buffer{}
	c.Stderr = stderr
	return c, stderr
}

func TestFirstCtrlCCancelsSecondLeaves(t *testing.T) {
	for _, first := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		child := exec.Command(os.Args[0]) // not dinogpu: nothing to set up
		child.Env = append(os.Environ(), signalChild+"=1")
		var stderr strings.Builder
		child.Stderr = &stderr
		stdout, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(stdout)
		expect := func(want string) {
			t.Helper()
			if !lines.Scan() || lines.Text() != want {
				t.Errorf("after %v: got %q, want %q", first, lines.Text(), want)
			}
		}
		send := func(s os.Signal) {
			t.Helper()
			if err := child.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
		}
		expect("ready")
		send(first)
		expect("cancelled")
		send(os.Interrupt)
		_ = child.Wait() // its exit status is the next check's
		if got := child.ProcessState.ExitCode(); got != exitFailed {
			t.Errorf("second Ctrl-C: exit %d, want %d", got, exitFailed)
		}
		for _, want := range []string{"Stopping after this step", "stopped at once"} {
			if !strings.Contains(stderr.String(), want) {
				t.Errorf("stderr %q does not say %q", &stderr, want)
			}
		}
	}
}
