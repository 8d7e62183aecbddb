package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// cacheVariable names the folder that programs keep things in.
const cacheVariable = "XDG_CACHE_HOME"

// shaderCache leaves Mesa's compiled shaders where they are: all of them anew take minutes in software.
func shaderCache() []string {
	const variable = "MESA_SHADER_CACHE_DIR"
	dir, err := os.UserCacheDir()
	if err != nil || os.Getenv(variable) != "" {
		return nil
	}
	return []string{variable + "=" + dir}
}

// systemFacts are what Linux tells of itself and of what a driver needs.
func systemFacts() systemInfo {
	s := systemInfo{
		System:    strings.Trim(valueIn("/etc/os-release", "PRETTY_NAME", "="), `"`),
		Kernel:    firstLine("/proc/sys/kernel/osrelease"),
		Processor: valueIn("/proc/cpuinfo", "model name", ":"),
	}
	var kib uint64
	if _, err := fmt.Sscanf(valueIn("/proc/meminfo", "MemTotal", ":"), "%d kB", &kib); err == nil {
		s.Memory = disk.Size(kib << 10)
	}
	for _, mark := range []string{"/.dockerenv", "/run/.containerenv"} {
		if _, err := os.Stat(mark); err == nil {
			s.Container = true
		}
	}
	if line := firstLine("/proc/driver/nvidia/version"); line != "" {
		s.Drivers = append(s.Drivers, line)
	}
	s.Cards = pciCards("/sys/bus/pci/devices")
	for _, pattern := range []string{"/dev/dri/renderD*", "/dev/nvidia[0-9]*", "/dev/dxg", "/dev/kfd"} {
		nodes, _ := filepath.Glob(pattern) // the patterns are right
		for _, node := range nodes {
			s.Nodes = append(s.Nodes, filepath.Base(node)+mayOpen(node))
		}
	}
	for _, folder := range []string{"/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d"} {
		names, _ := filepath.Glob(filepath.Join(folder, "*.json"))
		for _, name := range names {
			s.Manifests = append(s.Manifests, filepath.Base(name))
		}
	}
	return s
}

// pciCards are the graphics cards on the bus, by the numbers of maker and device, with the kernel's driver.
func pciCards(folder string) (cards []string) {
	devices, _ := filepath.Glob(filepath.Join(folder, "*"))
	for _, d := range devices {
		const display = "0x03" // the class of display controllers
		if !strings.HasPrefix(firstLine(filepath.Join(d, "class")), display) {
			continue
		}
		card := strings.TrimPrefix(firstLine(filepath.Join(d, "vendor")), "0x") + ":" + strings.TrimPrefix(firstLine(filepath.Join(d, "device")), "0x")
		driver := "no kernel driver"
		if link, err := os.Readlink(filepath.Join(d, "driver")); err == nil {
			driver = "kernel driver " + filepath.Base(link)
		}
		cards = append(cards, card+", "+driver)
	}
	slices.Sort(cards)
	return cards
}

// mayOpen says why a user cannot use a device's node; empty: nothing keeps them.
func mayOpen(node string) string {
	f, err := os.OpenFile(node, os.O_RDWR, 0)
	switch {
	case err == nil:
		_ = f.Close()
		return ""
	case os.IsPermission(err):
		return " (this user may not open it)"
	}
	return " (cannot be opened)"
}

// firstLine is that of a file; empty where it cannot be read.
func firstLine(path string) string {
	text, _ := os.ReadFile(path)
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSpace(line)
}

// valueIn is what stands behind a key in the first line of a file that has it.
func valueIn(path, key, separator string) string {
	text, _ := os.ReadFile(path)
	for line := range strings.Lines(string(text)) {
		if k, v, ok := strings.Cut(line, separator); ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return ""
}
