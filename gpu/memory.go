package gpu

import (
	"bufio"
	"os"
	"strconv"
	"strings"
)

// FreeMemory is how many bytes a software adapter may still take of the machine's memory, and 0 where that is not
// known: WebGPU does not tell how much memory a GPU has. A software driver promises any amount and the machine then runs
// out of it in the middle of a run.
func (d *Device) FreeMemory() int {
	if !d.Adapter.Software {
		return 0
	}
	f, err := os.Open("/proc/meminfo") // Linux; elsewhere nothing is known
	if err != nil {
		return 0
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if fields := strings.Fields(s.Text()); len(fields) > 1 && fields[0] == "MemAvailable:" {
			kib, _ := strconv.Atoi(fields[1])
			return kib << 10
		}
	}
	return 0
}
