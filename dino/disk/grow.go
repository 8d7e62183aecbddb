package disk

import (
	"errors"
	"io"
	"os"
)

// A Growing is a file that whole records are added to, such as lines. Records that a full disk does not take wait in
// memory, and what was written of one is taken back, so that the file holds whole records and none is lost once there
// is room.
type Growing struct {
	f       *os.File
	size    int64 // of whole records
	waiting []byte
}

// OpenLines opens a file of lines to add to, or makes it. Half a line that a killed process left is ended.
func OpenLines(path string) (*Growing, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, err
	}
	g := &Growing{f: f}
	if g.size, err = f.Seek(0, io.SeekEnd); err == nil && g.size > 0 {
		last := make([]byte, 1)
		if _, err = f.ReadAt(last, g.size-1); err == nil && last[0] != '\n' {
			g.waiting = []byte{'\n'}
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return g, nil
}

// Create makes a new file of records; one that is there is an error.
func Create(path string) (*Growing, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o666)
	if err != nil {
		return nil, err
	}
	return &Growing{f: f}, nil
}

// Name is the file's path.
func (g *Growing) Name() string { return g.f.Name() }

// Add writes a record, a line with its newline for example, behind those that wait.
func (g *Growing) Add(record []byte) error {
	g.waiting = append(g.waiting, record...)
	return g.flush()
}

func (g *Growing) flush() error {
	if len(g.waiting) == 0 {
		return nil
	}
	// One write, so that a reader never sees half a record of a run that goes well.
	if _, err := g.f.WriteAt(g.waiting, g.size); err != nil {
		return errors.Join(err, g.f.Truncate(g.size))
	}
	g.size += int64(len(g.waiting))
	g.waiting = nil
	return nil
}

// Sync brings the records to the disk.
func (g *Growing) Sync() error {
	return errors.Join(g.flush(), g.f.Sync())
}

// Close writes what waits; records that are lost now are an error.
func (g *Growing) Close() error {
	return errors.Join(g.flush(), g.f.Close())
}
