package released

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// Options say where Pull takes a file from, and who is told.
type Options struct {
	From     string                 // empty: the authors' server; else a mirror's base or a file's whole address, or a folder or file
	Progress func(have, size int64) // told as bytes come; size is -1 where the server does not say; may be nil
	Notice   func(sentence string)  // told of the terms at the first pull, of retries, of waiting; may be nil
	dir      string                 // for tests, as are the next; empty: Dir()
	stall    time.Duration          // 0: stallAfter
	backoff  time.Duration          // 0: firstBackoff
	client   *http.Client           // nil: http.DefaultTransport, which heeds HTTPS_PROXY and its like
}

const (
	stallAfter   = 30 * time.Second
	firstBackoff = time.Second
)

// Stopped is the error of a Pull whose context ended.
type Stopped struct {
	Kept int64  // bytes that the next Pull goes on from; 0: none
	Path string // where they are
	err  error
}

func (e *Stopped) Error() string {
	if e.Kept == 0 {
		return "stopped; nothing was kept"
	}
	return fmt.Sprintf("stopped; %s are kept in %s, and the next try goes on from there", disk.Size(uint64(e.Kept)), e.Path)
}

func (e *Stopped) Unwrap() error { return e.err }

// Pull fetches e's file into Dir, unless it is there, and returns its path. A partial file of an earlier try is gone on
// with if the server still has the same. The file gets its name once it is whole and was read as e's network; what cannot
// be that is removed.
func Pull(ctx context.Context, e Entry, o Options) (path string, err error) {
	if o.Progress == nil {
		o.Progress = func(int64, int64) {}
	}
	if o.Notice == nil {
		o.Notice = func(string) {}
	}
	dir := o.dir
	if dir == "" {
		if dir, err = Dir(); err != nil {
			return "", err
		}
	}
	from, err := e.sourceOf(o.From)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("the folder %s cannot be made: %w", dir, disk.Cause(err))
	}
	if path, there := e.In(dir); there {
		return path, e.checkThere(path)
	}
	if err := showTerms(dir, o.Notice); err != nil {
		return "", err
	}
	path = e.path(dir, from.ending())
	unlock, err := lock(ctx, path, o.Notice)
	if err != nil {
		return "", err
	}
	defer unlock()
	if path, there := e.In(dir); there { // by the process that held the lock
		return path, e.checkThere(path)
	}
	if from.url == nil {
		return path, e.take(from.file, path)
	}
	return path, e.fetch(ctx, from, path, o)
}

func (e Entry) checkThere(path string) error {
	if err := e.check(path); err != nil {
		return fmt.Errorf("%s is there, but is not %s: %w; remove it and pull again", path, e.Name, err)
	}
	return nil
}

// lock keeps other processes from fetching the same file until unlock; one that does now is waited for.
func lock(ctx context.Context, path string, say func(string)) (unlock func(), err error) {
	l := flock.New(path+".lock", flock.SetPermissions(0o666))
	ok, err := l.TryLock()
	if err == nil && !ok {
		say("another dinogpu is fetching this file: waiting for it")
		_, err = l.TryLockContext(ctx, 100*time.Millisecond)
	}
	switch {
	case ctx.Err() != nil:
		return nil, &Stopped{err: ctx.Err()}
	case err != nil:
		return nil, fmt.Errorf("%s cannot be locked against a second fetch (%w): fetch the file by other means and put it at %s", l.Path(), disk.Cause(err), path)
	}
	return func() { _ = l.Unlock() }, nil // the system takes it back at the end of the process
}

// take copies a file of this machine, if it is e's network.
func (e Entry) take(from, path string) error {
	if err := e.check(from); err != nil {
		return fmt.Errorf("%s is not %s: %w", from, e.Name, err)
	}
	f, _, err := disk.OpenRegular(from)
	if err != nil {
		return err
	}
	defer f.Close() // nothing was written
	return disk.WriteFile(path, func(w io.Writer) error {
		_, err := io.Copy(w, f)
		return err
	})
}

// fetch brings the file from a server.
func (e Entry) fetch(ctx context.Context, from source, path string, o Options) error {
	f := &fetch{
		entry: e, source: from, part: openPart(path, from.url.String()), client: o.client,
		progress: o.Progress, say: o.Notice, stall: cmp.Or(o.stall, stallAfter), backoff: cmp.Or(o.backoff, firstBackoff),
	}
	if f.client == nil {
		f.client = &http.Client{CheckRedirect: checkRedirect}
	}
	if f.part.have > 0 {
		o.Notice(fmt.Sprintf("going on after the %s that are there", disk.Size(uint64(f.part.have))))
	}
	err := f.all(ctx)
	if ctx.Err() != nil {
		stopped := &Stopped{err: ctx.Err()}
		if f.part.resumable() {
			stopped.Kept, stopped.Path = f.part.have, f.part.path
		} else {
			stopped.err = errors.Join(stopped.err, f.part.remove())
		}
		return stopped
	}
	if err != nil {
		return fmt.Errorf("%s cannot be fetched: %w. Without that server: fetch %s and put it at %s", from, err, e.URL(), e.path(filepath.Dir(path), ""))
	}
	if err := e.check(f.part.path); err != nil {
		return errors.Join(fmt.Errorf("what came from %s is not %s, and was removed: %w", from, e.Name, err), f.part.remove())
	}
	return f.part.finish(path)
}
