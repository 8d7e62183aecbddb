//go:build !linux && !windows

package main

import (
	"context"
	"os/exec"
	"strings"
	"time"
)

// cacheVariable names the folder in which programs find theirs to keep things in.
const cacheVariable = "HOME"

// shaderCache has nothing to do: drivers do not go by cacheVariable.
func shaderCache() []string { return nil }

// systemFacts are what macOS tells of itself.
func systemFacts() systemInfo {
	return systemInfo{
		System:    "macOS " + told("sw_vers", "-productVersion"),
		Kernel:    told("uname", "-r"),
		Processor: told("sysctl", "-n", "machdep.cpu.brand_string"),
		Memory:    told("sysctl", "-n", "hw.memsize") + " bytes",
	}
}

// told is what a program of the system prints; empty where it does not.
func told(name string, args ...string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	text, _ := exec.CommandContext(ctx, name, args...).Output()
	return strings.TrimSpace(string(text))
}
