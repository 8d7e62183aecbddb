package main

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// ownProgram is the file that runs, also when another one has its name by now.
func ownProgram() (string, error) {
	const self = "/proc/self/exe"
	if _, err := os.Stat(self); err == nil {
		return self, nil
	}
	return os.Executable()
}

// diesWithParent has the system kill a child when the thread that started it ends.
func diesWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// memoryKills is how many processes the system has killed so far for want of memory.
func memoryKills() int {
	text, _ := os.ReadFile("/proc/vmstat") // where it cannot be read, nothing is known
	for line := range strings.Lines(string(text)) {
		if count, ok := strings.CutPrefix(line, "oom_kill "); ok {
			n, _ := strconv.Atoi(strings.TrimSpace(count))
			return n
		}
	}
	return 0
}
