package gpu

import (
	"os"
	"path/filepath"
	"testing"
)

// A made-up machine: what is free is the least of the machine's memory and of the groups around the process.
func TestContainersLimitsCountAsTheMachinesMemory(t *testing.T) {
	const MiB = 1 << 20
	meminfo := map[string]string{"proc/meminfo": "MemTotal:  16384000 kB\nMemAvailable:  8388608 kB\n"}
	for name, c := range map[string]struct {
		files map[string]string
		want  int
	}{
		"no groups": {nil, 8 << 30},
		"no limit": {map[string]string{
			"proc/self/cgroup": "0::/user\n", "cgroup/user/memory.max": "max\n", "cgroup/user/memory.current": "1000\n",
		}, 8 << 30},
		"version 2": {map[string]string{
			"proc/self/cgroup": "0::/a/b\n", "cgroup/a/b/memory.max": "2147483648\n", "cgroup/a/b/memory.current": "1073741824\n",
		}, 1 << 30},
		"version 2, the group around it has less": {map[string]string{
			"proc/self/cgroup":      "0::/a/b\n",
			"cgroup/a/b/memory.max": "max\n", "cgroup/a/b/memory.current": "104857600\n",
			"cgroup/a/memory.max": "1073741824\n", "cgroup/a/memory.current": "536870912\n",
		}, 512 * MiB},
		"version 2, the container's group is the root": {map[string]string{
			"proc/self/cgroup":  "0::/docker/0123\n",
			"cgroup/memory.max": "1073741824\n", "cgroup/memory.current": "209715200\n",
			"cgroup/memory.stat": "anon 104857600\ninactive_file 104857600\nactive_file 7\n",
		}, 924 * MiB},
		"version 1": {map[string]string{
			"proc/self/cgroup":                        "12:cpu,cpuacct:/x\n5:memory:/docker/0123\n0::/\n",
			"cgroup/memory/memory.limit_in_bytes":     "536870912\n",
			"cgroup/memory/memory.usage_in_bytes":     "268435456\n",
			"cgroup/memory/memory.stat":               "inactive_file 5\ntotal_inactive_file 1048576\n",
			"cgroup/memory/x/memory.limit_in_bytes":   "1\n",
			"cgroup/memory/x/memory.usage_in_bytes":   "1\n",
			"cgroup/cpu,cpuacct/x/cpuacct.usage":      "9\n",
			"cgroup/memory/docker/0123/cgroup.procs":  "",
			"cgroup/memory/docker/memory.kmem.tcp.in": "1\n",
		}, 257 * MiB},
		"version 1 without a limit": {map[string]string{
			"proc/self/cgroup":                    "5:memory:/\n",
			"cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
			"cgroup/memory/memory.usage_in_bytes": "268435456\n",
		}, 8 << 30},
		"over the limit": {map[string]string{
			"proc/self/cgroup": "0::/\n", "cgroup/memory.max": "100\n", "cgroup/memory.current": "200\n",
		}, 1},
		"unreadable": {map[string]string{
			"proc/self/cgroup": "0:\nx\n0::/../..\n", "cgroup/memory.max": "", "cgroup/memory.current": "x\n",
		}, 8 << 30},
	} {
		dir := t.TempDir()
		for _, files := range []map[string]string{meminfo, c.files} {
			for file, text := range files {
				file = filepath.Join(dir, filepath.FromSlash(file))
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got := freeMemory(filepath.Join(dir, "proc"), filepath.Join(dir, "cgroup")); got != c.want {
			t.Errorf("%s: %d bytes are free, want %d", name, got, c.want)
		}
	}
	if got := freeMemory(t.TempDir(), t.TempDir()); got != 0 {
		t.Errorf("nothing is known, and %d bytes are free", got)
	}
}
