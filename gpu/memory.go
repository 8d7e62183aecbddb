package gpu

import (
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// FreeMemory is how many bytes a software adapter may still take of the machine's memory, or of the container's where that
// has less, and 0 where that is not known: WebGPU does not tell how much memory a GPU has. A software driver promises any
// amount and the machine then runs out of it in the middle of a run.
func (d *Device) FreeMemory() int {
	if !d.Adapter.Software {
		return 0
	}
	return freeMemory("/proc", "/sys/fs/cgroup")
}

// freeMemory reads what Linux tells in these two folders; elsewhere nothing is known.
func freeMemory(proc, cgroup string) int {
	free, known := numberIn(filepath.Join(proc, "meminfo"), "MemAvailable:")
	free *= 1 << 10
	groups, _ := os.ReadFile(filepath.Join(proc, "self", "cgroup"))
	for line := range strings.Lines(string(groups)) {
		// number:controllers:path, where version 2 has the number 0 and no controllers
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) < 3 {
			continue
		}
		var left int
		var limited bool
		switch {
		case fields[0] == "0" && fields[1] == "":
			left, limited = leftInGroups(cgroup, fields[2], "memory.max", "memory.current", "inactive_file")
		case strings.Contains(","+fields[1]+",", ",memory,"):
			left, limited = leftInGroups(filepath.Join(cgroup, "memory"), fields[2], "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
		}
		if limited && (!known || left < free) {
			free, known = left, true
		}
	}
	if known {
		return max(free, 1) // 0 says that nothing is known
	}
	return 0
}

// leftInGroups is the least that a control group and those around it still allow, and whether any has a limit. A
// container's group is often the root of what it sees, whatever its path says: groups that are not there are passed over.
// Pages of files that were not used for long go back when they are needed, so that they count as free.
func leftInGroups(root, group, limitFile, usedFile, reclaimable string) (left int, limited bool) {
	for group = path.Join("/", group); ; group = path.Dir(group) {
		dir := filepath.Join(root, filepath.FromSlash(group))
		limit, ok := numberIn(filepath.Join(dir, limitFile), "")
		used, usedOK := numberIn(filepath.Join(dir, usedFile), "")
		if ok && usedOK {
			old, _ := numberIn(filepath.Join(dir, "memory.stat"), reclaimable)
			if n := max(0, limit-used+min(old, used)); !limited || n < left {
				left, limited = n, true
			}
		}
		if group == "/" {
			return left, limited
		}
	}
}

// numberIn is the number behind a key in a file of such lines, or with no key the file's own.
func numberIn(file, key string) (int, bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if key != "" {
			if len(fields) < 2 || fields[0] != key {
				continue
			}
			fields = fields[1:]
		}
		if len(fields) == 0 {
			return 0, false
		}
		n, err := strconv.Atoi(fields[0])
		return n, err == nil
	}
	return 0, false
}
