package run

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A lock that names a process which is no more is about to be let go: whoever comes next waits for it.
func TestLockOfAProcessThatEnds(t *testing.T) {
	dir := t.TempDir()
	ended := exec.Command(os.Args[0], "-test.run=^$")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	first, err := OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFolder(dir); err == nil || !strings.Contains(err.Error(), "in use by another dinogpu") {
		t.Fatalf("a folder that is held: %v", err)
	}
	first.heldBy(ended.ProcessState.Pid())
	const late = 50 * time.Millisecond
	time.AfterFunc(late, func() { _ = first.Close() })
	start := time.Now()
	second, err := OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if waited := time.Since(start); waited < late/2 {
		t.Errorf("waited %v only", waited)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
}

// Who holds a folder is told by the process that ends the holder with itself.
func TestLockNamesTheProcessThatWatches(t *testing.T) {
	dir := t.TempDir()
	r, err := OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.heldBy(os.Getppid())
	if who, ok := holder(filepath.Join(dir, lockName)); !ok || who != os.Getppid() {
		t.Errorf("it names %d, %v; want %d", who, ok, os.Getppid())
	}
}

func TestAddToLog(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, logFile), []byte("2026-11-24T12:00:00.000Z step 1\n2026"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := AddToLog(dir, []Line{{noon, "it died"}, {noon, "it wrote:\nthread panicked\x1b[2J"}}); err != nil {
		t.Fatal(err)
	}
	text := read(t, filepath.Join(dir, logFile))
	if !strings.HasPrefix(text, "2026-11-24T12:00:00.000Z step 1\n") || !strings.Contains(text, "Z it died\n") || !strings.HasSuffix(text, "Z it wrote:\n2026-03-04T11:30:15.000Z thread panicked\\x1b[2J\n") {
		t.Errorf("the log is %q", text)
	}
	held, err := OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if err := AddToLog(dir, []Line{{noon, "late"}}); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a run that goes on: %v", err)
	}
}
