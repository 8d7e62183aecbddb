package run

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// lockName is the file by which a process holds a run's folder. The operating system takes the lock back when the
// process ends, however it ends: the file that stays behind holds nothing.
const lockName = "lock"

// lockRun takes a run's folder for this process, or says who has it. Where the file system has no locks it takes
// nothing, as refusing to train there would help nobody.
func lockRun(path string) (*flock.Flock, error) {
	name := filepath.Join(path, lockName)
	l := flock.New(name, flock.SetPermissions(0o666))
	ok, err := l.TryLock()
	for until := time.Now().Add(endsWithin); err == nil && !ok && holderGone(name) && time.Now().Before(until); {
		time.Sleep(10 * time.Millisecond)
		ok, err = l.TryLock()
	}
	switch {
	case errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.ENOLCK):
		return l, nil
	case err != nil:
		return nil, fmt.Errorf("run folder %s cannot be locked (%w): see that it is there and that you may write to it", path, disk.Cause(err))
	case !ok:
		return nil, inUse(path)
	}
	// For the other's message only; where it cannot be written, that says less.
	_ = writeHolder(name, os.Getpid())
	return l, nil
}

// endsWithin is how long a process may take to end that goes with the one that started it: the system takes back its memory
// first, and the lock then.
const endsWithin = time.Minute

// holderGone tells whether the process that a held lock names is no more: then the one that holds it is about to end.
func holderGone(name string) bool {
	process, ok := holder(name)
	if !ok {
		return false
	}
	p, err := os.FindProcess(process)
	if err != nil {
		return true // so Windows says it
	}
	defer func() { _ = p.Release() }()
	return errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}

// heldBy names another process than this one as the holder.
func (r *Folder) heldBy(process int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.process = process
	r.nameHolder()
}

// nameHolder writes it into the lock. r.mu is held.
func (r *Folder) nameHolder() {
	if r.process != 0 {
		_ = writeHolder(filepath.Join(r.path, lockName), r.process) // as lockRun does
	}
}

// writeHolder leaves a process's number in its lock. Windows lets nobody read or write the byte that is locked, the first:
// the number stands behind it.
func writeHolder(name string, process int) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(fmt.Appendf(nil, "%-10d\n", process), 1) // as long whatever stood there
	_, _ = f.WriteAt([]byte{' '}, 0)
	return errors.Join(err, f.Close())
}

// holder is the number that a lock holds; what is no number is none of ours.
func holder(name string) (process int, ok bool) {
	f, _, err := disk.OpenRegular(name)
	if err != nil {
		return 0, false
	}
	defer f.Close() // nothing was written
	text := make([]byte, 32)
	n, err := f.ReadAt(text, 0)
	if n == 0 && !errors.Is(err, io.EOF) {
		n, _ = f.ReadAt(text, 1)
	}
	process, err = strconv.Atoi(strings.Trim(string(text[:n]), " \n\x00"))
	return process, err == nil && process > 0
}

// Held tells, without leaving a file, whether a process holds the run's folder, as one that trains does.
func Held(path string) bool {
	if _, err := os.Stat(filepath.Join(path, lockName)); err != nil {
		return false
	}
	l := flock.New(filepath.Join(path, lockName))
	ok, err := l.TryLock()
	if ok {
		_ = l.Unlock()
	}
	return err == nil && !ok
}

func inUse(path string) error {
	who := ""
	if process, ok := holder(filepath.Join(path, lockName)); ok {
		who = fmt.Sprintf(" (process %d)", process)
	}
	return fmt.Errorf("run folder %s is in use by another dinogpu%s: wait until that ends, or start a run of its own with `run_dir`", path, who)
}
