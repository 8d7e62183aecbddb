package dino

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// writeFileDurable writes a file that is whole or absent, also after a power cut: a temporary file beside it
// takes the bytes, and only once they are on the disk it gets the name.
func writeFileDurable(path string, write func(io.Writer) error) error {
	folder := filepath.Dir(path)
	f, err := os.CreateTemp(folder, filepath.Base(path)+".tmp-*")
	if err != nil {
		return cannotWrite(path, err)
	}
	w := bufio.NewWriterSize(f, 1<<16)
	err = write(w)
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = f.Chmod(0o644) // CreateTemp keeps others out
	}
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error is the one to tell
		return cannotWrite(path, err)
	}
	if err := syncFolder(folder); err != nil {
		return cannotWrite(path, err)
	}
	return nil
}

// syncFolder makes a rename last. Windows cannot sync a folder, and a few file systems refuse to.
func syncFolder(folder string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(err, f.Close())
}

func cannotWrite(path string, err error) error {
	if diskFull(err) {
		return fmt.Errorf("%s cannot be written because its disk is full (%w): free some space there and go on, no part of it was kept", path, cause(err))
	}
	if errors.Is(err, syscall.EFBIG) {
		return fmt.Errorf("%s cannot be written because it would be larger than a file may be there (%w): see ulimit -f and what the disk's file system takes, no part of it was kept", path, cause(err))
	}
	return fmt.Errorf("%s cannot be written (%w): see that its folder is there and that you may write to it", path, cause(err))
}

func diskFull(err error) bool {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return true
	}
	// ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL, which Go does not map to ENOSPC.
	return runtime.GOOS == "windows" && (errors.Is(err, syscall.Errno(39)) || errors.Is(err, syscall.Errno(112)))
}

// cause drops the system call and the path, which would be that of the temporary file.
func cause(err error) error {
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

// openRegular opens a file to read and gives its size. Folders, pipes and devices have none, so they are refused
// before they are opened: opening a pipe waits for its other end.
func openRegular(path string) (*os.File, int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, cannotRead(path, err)
	}
	if !info.Mode().IsRegular() {
		return nil, 0, cannotRead(path, errors.New("it is not a regular file"))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, cannotRead(path, err)
	}
	if info, err = f.Stat(); err != nil {
		return nil, 0, errors.Join(cannotRead(path, err), f.Close())
	}
	return f, info.Size(), nil
}

func cannotRead(path string, err error) error {
	return fmt.Errorf("%s cannot be read (%w): see that the path is right and that you may read it", path, cause(err))
}

// readError tells a file that ends too early, which is damage, from a disk that fails.
func readError(path string, err error, damaged func(format string, args ...any) error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return damaged("it became shorter while it was read")
	}
	return cannotRead(path, err)
}
