package augment

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// asNobody has what follows in this test done by a user who may not read everything.
func asNobody(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	runtime.LockOSThread()
	if err := syscall.Setfsuid(65534); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Setfsuid(0)
		runtime.UnlockOSThread()
	})
}

func TestAFolderThatMayNotBeReadIsPassedOver(t *testing.T) {
	dir := tree(t, "a.png", "lost+found/b.png", "c/d.png")
	for path, mode := range map[string]os.FileMode{filepath.Dir(dir): 0o755, dir: 0o755, filepath.Join(dir, "lost+found"): 0} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = os.Chmod(filepath.Join(dir, "lost+found"), 0o755) })
	asNobody(t)
	s := wantNames(t, dir, "a.png", "c/d.png")
	if said := strings.Join(Remarks(s), "\n"); !strings.Contains(said, "1 folder that cannot be read (lost+found: permission denied)") {
		t.Errorf("said %q", said)
	}
	if _, err := Open(filepath.Join(dir, "lost+found")); err == nil || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("a root that may not be read: %v", err)
	}
}
