package main

import (
	"os"
	"runtime"
	"slices"
	"strings"
)

// systemInfo is what the machine is, by its system, without names of users and hosts.
type systemInfo struct {
	System    string   `json:"system"`
	Kernel    string   `json:"kernel"`
	Arch      string   `json:"arch"`
	Processor string   `json:"processor"`
	CPUs      int      `json:"cpus"`
	Memory    string   `json:"memory"`
	Container bool     `json:"container"`
	Cards     []string `json:"cards"`     // on the bus, as maker:device, with the kernel's driver
	Nodes     []string `json:"nodes"`     // through which drivers reach them
	Manifests []string `json:"manifests"` // of Vulkan's drivers
	Drivers   []string `json:"drivers"`   // of the kernel, in their words
	Variables []string `json:"variables"` // of the environment, that drivers heed
}

// temporaryVariables name the folder of temporary files.
var temporaryVariables = []string{"TMPDIR", "TMP", "TEMP"}

// driverVariables begin the names of variables that change what drivers do.
var driverVariables = []string{"VK_", "MESA_", "LP_", "GALLIUM_", "RADV_", "ANV_", "INTEL_", "AMD_", "NVIDIA_", "__NV", "__GL", "DXVK_", "WGPU_", "MTL_", "METAL_", "DRI_PRIME", "CUDA_VISIBLE_DEVICES", "DINOGPU_"}

// thisSystem is the machine that the report is about.
func thisSystem(scrub *scrubber) systemInfo {
	s := systemFacts()
	s.Arch, s.CPUs = runtime.GOOS+"/"+runtime.GOARCH, runtime.NumCPU()
	for _, pair := range os.Environ() {
		if slices.ContainsFunc(driverVariables, func(begin string) bool { return strings.HasPrefix(pair, begin) }) {
			s.Variables = append(s.Variables, pair)
		}
	}
	slices.Sort(s.Variables)
	for _, list := range [][]string{s.Cards, s.Nodes, s.Manifests, s.Drivers, s.Variables} {
		for i := range list {
			list[i] = scrub.words(list[i])
		}
	}
	s.System, s.Kernel, s.Processor = scrub.words(s.System), scrub.words(s.Kernel), scrub.words(s.Processor)
	return s
}
