//go:build unix

package main

import (
	"os"
	"os/exec"
	"syscall"
)

// handOver gives a child open files, and returns their numbers there.
func handOver(cmd *exec.Cmd, files []*os.File) ([]uintptr, error) {
	cmd.ExtraFiles = files
	var numbers []uintptr
	for i := range files {
		numbers = append(numbers, uintptr(3+i))
	}
	cmd.SysProcAttr = diesWithParent()
	return numbers, nil
}

// endTogether has nothing more to do: diesWithParent did it, or else the child sees its pipe close.
func endTogether(*os.Process) (release func(), err error) { return func() {}, nil }

func killedFromOutside(state *os.ProcessState) bool {
	status, ok := state.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}
