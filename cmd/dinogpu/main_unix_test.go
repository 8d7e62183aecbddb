//go:build unix

package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// With this in its environment the test's own binary becomes a run that never
// ends its step, for signals to be sent to.
const signalChild = "DINOGPU_TEST_SIGNAL_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(signalChild) == "" {
		os.Exit(m.Run())
	}
	ctx, _ := withSignals(context.Background(), newConsole(os.Stderr))
	fmt.Println("ready")
	<-ctx.Done()
	fmt.Println("cancelled")
	time.Sleep(time.Minute)
	os.Exit(99)
}

func TestFirstCtrlCCancelsSecondLeaves(t *testing.T) {
	for _, first := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		child := exec.Command(os.Args[0])
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
