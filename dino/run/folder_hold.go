package run

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
)

// Hold sees to it, before something is saved, that the folder is there and this process's own. A folder that was renamed
// is followed where the system tells where it went. Elsewhere, and where it was removed, the folder is written anew, with
// settings, log and metrics, so that a checkpoint in it can be gone on with; anew says so, as its checkpoints are gone.
// The sentence is empty where there is nothing to say.
func (r *Folder) Hold() (sentence string, anew bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if isOurs(r.path, r.lock) {
		return "", false, r.reopen(r.path)
	}
	if moved := filepath.Dir(r.metrics.Where()); moved != "." && isOurs(moved, r.lock) {
		before := r.path
		r.path = moved
		return fmt.Sprintf("the run's folder %s was renamed: the run goes on in %s", before, moved), false, r.reopen(moved)
	}
	if r.metrics.Same() { // the lock alone was removed
		if lock, err := lockRun(r.path); err == nil {
			_ = r.lock.Unlock() // nobody can see it any more
			r.lock = lock
			r.nameHolder()
			return "", false, r.reopen(r.path)
		}
	}
	before := r.path
	if err := r.writeAnew(); err != nil {
		return "", false, fmt.Errorf("the run's folder %s was renamed or removed, and cannot be written anew: %w", before, disk.PlainError(err))
	}
	return fmt.Sprintf("the run's folder %s was renamed or removed: the run goes on in a new one, %s, with its settings, log and metrics, but none of its checkpoints so far", before, r.path), true, nil
}

// isOurs tells whether that folder's lock is the one that is held. Where nobody can say, it is.
func isOurs(path string, lock *flock.Flock) bool {
	there, err := os.Stat(filepath.Join(path, lockName))
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	held, err := lock.Stat()
	return err != nil || os.SameFile(there, held)
}

// reopen makes the growing files those in that folder.
func (r *Folder) reopen(folder string) error {
	growing := []*disk.Growing{r.log, r.metrics}
	if r.events != nil {
		growing = append(growing, r.events.Growing)
	}
	var errs []error
	for _, g := range growing {
		g.Move(filepath.Join(folder, filepath.Base(g.Name())))
		errs = append(errs, disk.PlainError(g.Reopen()))
	}
	return errors.Join(errs...)
}

// writeAnew makes a folder at the path that the run was given, or beside it where that is another's by now.
func (r *Folder) writeAnew() error {
	path := r.home
	if CheckNew(path) != nil {
		path = unusedSibling(path)
	}
	if err := disk.MakeFolder(path); err != nil {
		return err
	}
	fresh := &Folder{path: path}
	var err error
	if fresh.lock, err = lockRun(path); err != nil {
		return err
	}
	if err = CheckNew(path); err == nil {
		err = errors.Join(disk.WriteBytes(filepath.Join(path, settings.FileName), r.configText()), r.reopen(path))
	}
	if err != nil {
		if r.events != nil {
			_ = os.Remove(filepath.Join(path, filepath.Base(r.events.Name())))
		}
		fresh.takeBack(true)
		return err
	}
	_ = r.lock.Unlock() // of a folder that is gone
	r.path, r.lock = path, fresh.lock
	r.nameHolder()
	return nil
}
