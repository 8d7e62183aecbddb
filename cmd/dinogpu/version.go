package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/alecthomas/kong"
)

// Set by the Makefile from git.
var version = "development"

const (
	bindingPath    = "github.com/cogentcore/webgpu"
	bindingVersion = "v0.23.0"
)

type versionFlag bool

// BeforeReset prints and leaves, whatever else the command line holds.
func (versionFlag) BeforeReset(k *kong.Kong, a *app) error {
	fmt.Fprintln(a.stdout, versionText())
	k.Exit(exitDone)
	return nil
}

func versionText() string {
	commit, binding := "unknown", bindingVersion
	if info, ok := debug.ReadBuildInfo(); ok {
		dirty := ""
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				commit = s.Value
			case s.Key == "vcs.modified" && s.Value == "true":
				dirty = " with changes"
			}
		}
		commit += dirty
		for _, dep := range info.Deps {
			if dep.Path == bindingPath {
				binding = dep.Version
			}
		}
	}
	return fmt.Sprintf("dinogpu %s\ncommit  %s\nbinding %s %s\nwgpu    %s\n%s %s/%s",
		version, commit, bindingPath, binding, wgpuVersion(runtime.GOOS, runtime.GOARCH),
		runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// The binding brings its native library along, and not the same for all.
func wgpuVersion(goos, goarch string) string {
	if goarch == "arm64" && (goos == "linux" || goos == "windows") {
		return "22.1"
	}
	return "0.19.4"
}
