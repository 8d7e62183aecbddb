package gpu

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Software alone on a machine that shows a GPU's device file: a driver or a container's flag is missing.
func TestSoftwareBesideAGPUsDeviceFileIsAdvised(t *testing.T) {
	software := func() []Adapter { return []Adapter{{Name: "llvmpipe", Kind: "software", Software: true}} }
	for _, c := range []struct {
		files    []string
		adapters []Adapter
		want     string // begins the advice; empty: none
	}{
		{[]string{"dri/card0", "dri/renderD128"}, software(), "dri/renderD128 is there"},
		{[]string{"dri/card0"}, software(), "dri/card0 is there"},
		{[]string{"nvidia0", "dri/card0"}, software(), "nvidia0 is there"},
		{[]string{"nvidiactl"}, software(), "nvidiactl is there"},
		{[]string{"null", "sda"}, software(), ""},
		{[]string{"nvidia0"}, append(software(), Adapter{Name: "GTX 1080", Kind: "discrete"}), ""},
	} {
		dev := t.TempDir()
		for _, f := range c.files {
			path := filepath.Join(dev, filepath.FromSlash(f))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		adviseDriver(c.adapters, dev)
		got := c.adapters[0].Advice
		if want := filepath.Join(dev, filepath.FromSlash(c.want)); c.want == "" && got != "" || c.want != "" && !strings.HasPrefix(got, want) {
			t.Errorf("%v: the advice is %q, want one that begins with %q", c.files, got, c.want)
		}
		if c.want != "" && (!strings.Contains(got, "driver") || !strings.Contains(got, "container")) {
			t.Errorf("the advice names no driver or no container: %q", got)
		}
	}
}

func TestDriversTextIsPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"llvmpipe (LLVM 15.0.6, 256 bits)": "llvmpipe (LLVM 15.0.6, 256 bits)",
		"Radeon™ RX":                       "Radeon™ RX",
		"a\x1b[2Jb\r\nc":                   `a\u001b[2Jb\u000d\u000ac`,
		"x\xffy":                           `x\xffy`,
		"x\u202ey":                         `x\u202ey`,
	} {
		if got := printable(in); got != want {
			t.Errorf("%q is printed as %s, want %s", in, got, want)
		}
	}
}
