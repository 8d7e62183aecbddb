package gpu

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// A driver that has no memory left is told by what was asked for and what is there, not in wgpu's words.
func TestMemoryError(t *testing.T) {
	d := openDevice(t)
	if !d.Adapter.Software {
		t.Fatal("only a software driver's memory is this process's own")
	}
	kept, err := d.newBuffer("kept", 3<<20, storageUsage)
	if err != nil {
		t.Fatal(err)
	}
	defer kept.release()
	stat, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(stat))[0])
	if err != nil {
		t.Fatal(err)
	}
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_AS, &before); err != nil {
		t.Fatal(err)
	}
	within := before
	within.Cur = uint64(pages*os.Getpagesize() + 300<<20) // room for the rest of the process
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &within); err != nil {
		t.Fatal(err)
	}
	_, err = d.newBuffer("student", 1000<<20, storageUsage)
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &before); err != nil {
		t.Fatal(err)
	}
	var memory *MemoryError
	if !errors.As(err, &memory) {
		t.Fatalf("got %v, want a MemoryError", err)
	}
	if text := err.Error(); !strings.HasPrefix(text, "out of memory: student needs 1000.0 MiB on the device, dinogpu has 3.0 MiB there already, and ") ||
		!strings.HasSuffix(text, " are free on this machine") || strings.Contains(text, "wgpu") || !strings.Contains(memory.Raw, "wgpu") {
		t.Errorf("it says %q, and for the log %q", text, memory.Raw)
	}
	b, err := d.newBuffer("student", 1000<<20, storageUsage)
	if err != nil {
		t.Fatalf("with memory again: %v", err)
	}
	b.release()
}

// What processes and drivers say when memory ran out, and what is none of it.
func TestOutOfMemory(t *testing.T) {
	for words, want := range map[string]bool{
		"Error in wgpuQueueSubmitForIndex: Validation Error: Not enough memory left.": true,
		"fatal error: runtime: out of memory":                                         true,
		"VK_ERROR_OUT_OF_DEVICE_MEMORY":                                               true,
		"terminate called after throwing an instance of 'std::bad_alloc'":             true,
		"Parent device is lost":                                                       false,
		"Buffer Id(0,1,vk) is still mapped":                                           false,
	} {
		if OutOfMemory(words) != want {
			t.Errorf("%q: %v", words, !want)
		}
	}
}
