package dino

import (
	"errors"
	"io"
	"os"
)

// A lineFile is a file that whole lines are added to. Lines that a full disk does not take wait in memory, and what
// was written of one is taken back, so that the file holds whole lines and none is lost once there is room.
type lineFile struct {
	f       *os.File
	size    int64 // of whole lines
	waiting []byte
}

// openLines opens the file, or makes it. Half a line that a killed process left is ended.
func openLines(path string) (*lineFile, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, err
	}
	l := &lineFile{f: f}
	if l.size, err = f.Seek(0, io.SeekEnd); err == nil && l.size > 0 {
		last := make([]byte, 1)
		if _, err = f.ReadAt(last, l.size-1); err == nil && last[0] != '\n' {
			l.waiting = []byte{'\n'}
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return l, nil
}

// Add writes a line, which ends in a newline, behind those that wait.
func (l *lineFile) Add(line []byte) error {
	l.waiting = append(l.waiting, line...)
	return l.flush()
}

func (l *lineFile) flush() error {
	if len(l.waiting) == 0 {
		return nil
	}
	// One write, so that a reader never sees half a line of a run that goes well.
	if _, err := l.f.WriteAt(l.waiting, l.size); err != nil {
		return errors.Join(err, l.f.Truncate(l.size))
	}
	l.size += int64(len(l.waiting))
	l.waiting = nil
	return nil
}

// Sync brings the lines to the disk.
func (l *lineFile) Sync() error {
	return errors.Join(l.flush(), l.f.Sync())
}

// Close writes what waits; lines that are lost now are an error.
func (l *lineFile) Close() error {
	return errors.Join(l.flush(), l.f.Close())
}
