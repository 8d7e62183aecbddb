package gpu

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// adviseDriver sets the Advice of software adapters where no driver offers a GPU and Linux shows one in the folder dev.
func adviseDriver(all []Adapter, dev string) {
	if slices.ContainsFunc(all, func(a Adapter) bool { return !a.Software }) {
		return
	}
	for _, pattern := range []string{"nvidia*", "dri/renderD*", "dri/card*"} {
		files, _ := filepath.Glob(filepath.Join(dev, pattern)) // the only error is a bad pattern
		if len(files) == 0 {
			continue
		}
		for i := range all {
			all[i].Advice = fmt.Sprintf("%s is there, so this machine may have a GPU, but no driver offers it: install the GPU's "+
				"Vulkan driver; in a container, also start it with the GPU (docker run --gpus all -e NVIDIA_DRIVER_CAPABILITIES=all "+
				"for NVIDIA's, --device /dev/dri for others)", files[0])
		}
		return
	}
}

// printable escapes all that a terminal might not print as it is: control characters, line ends, broken UTF-8.
func printable(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		s = s[n:]
	}
	return b.String()
}
