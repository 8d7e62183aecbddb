package main

import (
	"fmt"
	"os"

	"golang.org/x/sys/windows"
)

// cacheVariable names the folder that programs keep things in.
const cacheVariable = "LocalAppData"

// shaderCache has nothing to do: drivers do not go by cacheVariable.
func shaderCache() []string { return nil }

// systemFacts are what Windows tells of itself.
func systemFacts() systemInfo {
	v := windows.RtlGetVersion()
	return systemInfo{
		System:    fmt.Sprintf("Windows %d.%d", v.MajorVersion, v.MinorVersion),
		Kernel:    fmt.Sprintf("build %d", v.BuildNumber),
		Processor: os.Getenv("PROCESSOR_IDENTIFIER"),
	}
}
