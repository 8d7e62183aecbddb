// Package disk writes files that survive: whole ones ([WriteFile], [Pending]), whole folders of them ([WriteFolder]), and
// ones that grow by whole records ([Growing]). It says what went wrong on a disk in words that help, and how much room is
// left ([Free]). It knows nothing of what the files hold.
package disk

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// WriteFile writes a file that is whole or absent, also after a power cut: a temporary file beside it
// takes the bytes, and only once they are on the disk it gets the name. Who may read it is the umask's to say.
func WriteFile(path string, write func(io.Writer) error) error {
	f, err := createTemp(path)
	if err != nil {
		return cannotWrite(path, err)
	}
	w := bufio.NewWriterSize(f, 1<<16)
	err = write(w)
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error is the one to tell
		return cannotWrite(path, err)
	}
	if err := Finish(f.Name(), path); err != nil {
		_ = os.Remove(f.Name())
		return err
	}
	return nil
}

// Finish gives a file that is whole and synced the name path, so that it has it also after a power cut.
func Finish(file, path string) error {
	if err := rename(file, path); err != nil {
		return cannotWrite(path, err)
	}
	if err := syncFolder(filepath.Dir(path)); err != nil {
		return cannotWrite(path, err)
	}
	return nil
}

// createTemp makes a file beside path under a name that RemoveUnfinished knows. os.CreateTemp would keep everyone else
// out, and the umask cannot be asked for without setting it.
func createTemp(path string) (*os.File, error) {
	for {
		f, err := os.OpenFile(fmt.Sprintf("%s%s%d", path, tempMark, rand.Uint32()), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

func cannotWrite(path string, err error) error {
	if diskFull(err) {
		return fmt.Errorf("%s cannot be written because its disk is full (%w): free some space there and go on, no part of it was kept", path, Cause(err))
	}
	if heldOpen(err) {
		return fmt.Errorf("%s cannot be written, most likely because another program holds it open (%w): close what reads it, no part of it was written", path, Cause(err))
	}
	if errors.Is(err, syscall.EFBIG) {
		return fmt.Errorf("%s cannot be written because it would be larger than a file may be there (%w): see ulimit -f and what the disk's file system takes, no part of it was kept", path, Cause(err))
	}
	return fmt.Errorf("%s cannot be written (%w): see that its folder is there and that you may write to it", path, Cause(err))
}

func diskFull(err error) bool {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return true
	}
	// ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL, which Go does not map to ENOSPC.
	return runtime.GOOS == "windows" && (errors.Is(err, syscall.Errno(39)) || errors.Is(err, syscall.Errno(112)))
}

// Cause drops the system call and the path, which would be that of the temporary file.
func Cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		return l.Err
	}
	return err
}

// OpenRegular opens a file to read and gives its size. Folders, pipes and devices have none, so they are refused
// before they are opened: opening a pipe waits for its other end.
func OpenRegular(path string) (*os.File, int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, CannotRead(path, err)
	}
	if !info.Mode().IsRegular() {
		return nil, 0, CannotRead(path, errors.New("it is not a regular file"))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, CannotRead(path, err)
	}
	if info, err = f.Stat(); err != nil {
		return nil, 0, errors.Join(CannotRead(path, err), f.Close())
	}
	return f, info.Size(), nil
}

// CannotRead says of a file that it cannot be read, why, and what to look at.
func CannotRead(path string, err error) error {
	return fmt.Errorf("%s cannot be read (%w): see that the path is right and that you may read it", path, Cause(err))
}

// WriteBytes writes a whole small file that lasts.
func WriteBytes(path string, data []byte) error {
	return WriteFile(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// PlainError drops the system call's name: "open x: permission denied" says to a user no more than "x: permission
// denied".
func PlainError(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return fmt.Errorf("%s: %w", p.Path, p.Err)
	}
	return err
}

// tempMark is in the name of every file that WriteFile has not finished, with a number behind it.
const tempMark = ".tmp-"

func unfinished(name string) bool {
	i := strings.LastIndex(name, tempMark)
	if i < 0 {
		return false
	}
	_, err := strconv.ParseUint(name[i+len(tempMark):], 10, 64)
	return err == nil
}

// RemoveUnfinished removes what WriteFile left in a folder when its process was killed. No other process may be writing
// there.
func RemoveUnfinished(folder string) error {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Type().IsRegular() && unfinished(e.Name()) {
			if err := os.Remove(filepath.Join(folder, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}
