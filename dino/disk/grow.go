package disk

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A Growing is a file that whole records are added to, such as lines. Records that a full disk does not take wait in
// memory, and what was written of one is taken back, so that the file holds whole records and none is lost once there
// is room.
//
// Others may do as they like with the file meanwhile: the next record begins where they left its end, and Reopen sees to
// a file that they removed or put another in the place of.
type Growing struct {
	path    string
	f       *os.File
	lines   bool  // the records are lines: half a one is ended
	size    int64 // behind the last whole record that was written; -1: none was
	kept    int64 // what of it was in the file at the path when Reopen looked last
	torn    bool  // half a record behind size could not be taken back
	waiting []byte
}

// OpenLines opens a file of lines to add to, or makes it. Half a line that a killed process left is ended.
func OpenLines(path string) (*Growing, error) {
	return open(&Growing{path: path, lines: true, size: -1}, os.O_CREATE)
}

// Create makes a new file of records; one that is there is an error.
func Create(path string) (*Growing, error) {
	return open(&Growing{path: path}, os.O_CREATE|os.O_EXCL)
}

func open(g *Growing, how int) (*Growing, error) {
	var err error
	g.f, err = os.OpenFile(g.path, how|os.O_RDWR, 0o666)
	if err == nil {
		g.kept, err = g.end()
	}
	if err == nil {
		err = syncFolder(filepath.Dir(g.path))
	}
	if err != nil && g.f != nil {
		err = errors.Join(err, g.f.Close())
	}
	if err != nil {
		return nil, err
	}
	return g, nil
}

// Name is the file's path.
func (g *Growing) Name() string { return g.path }

// Move changes the path to one where the file is written anew.
func (g *Growing) Move(path string) { g.path = path }

// Add writes a record, a line with its newline for example, behind those that wait.
func (g *Growing) Add(record []byte) error {
	g.waiting = append(g.waiting, record...)
	return g.flush()
}

func (g *Growing) flush() error {
	if len(g.waiting) == 0 {
		return nil
	}
	at, err := g.end()
	if err != nil {
		return err
	}
	text := g.waiting
	if half, err := g.endsInHalf(at); err != nil {
		return err
	} else if half {
		text = append([]byte{'\n'}, text...)
	}
	// One write, so that a reader never sees half a record of a run that goes well.
	if _, err := g.f.WriteAt(text, at); err != nil {
		back := g.f.Truncate(at)
		g.size, g.torn = at, back != nil
		return errors.Join(err, back)
	}
	g.size, g.torn = at+int64(len(text)), false
	g.waiting = nil
	return nil
}

// end is where the next record belongs: at the file's end, wherever others have put that.
func (g *Growing) end() (int64, error) {
	info, err := g.f.Stat()
	if err != nil {
		return 0, err
	}
	if g.torn && info.Size() > g.size {
		return g.size, nil // over our own half
	}
	return info.Size(), nil
}

// endsInHalf tells whether a line that is no whole one ends at the file's end, which others have moved.
func (g *Growing) endsInHalf(end int64) (bool, error) {
	if !g.lines || end == 0 || end == g.size {
		return false, nil
	}
	last := make([]byte, 1)
	_, err := g.f.ReadAt(last, end-1)
	return last[0] != '\n', err
}

// Cut tells whether others have made the file shorter, which a file of records that are no lines does not survive.
func (g *Growing) Cut() bool {
	info, err := g.f.Stat()
	return err == nil && info.Size() < g.size
}

// Same tells whether the file that is written is the one at its path. It is false only where that is known.
func (g *Growing) Same() bool {
	there, err := os.Stat(g.path)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	ours, err := g.f.Stat()
	return err != nil || os.SameFile(there, ours)
}

// Where is the path of the file that is written, where the system tells that, wherever others have moved it; it is empty
// where they have removed it.
func (g *Growing) Where() string {
	path, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", g.f.Fd())) // of Linux
	if err != nil || strings.HasSuffix(path, " (deleted)") {
		return ""
	}
	return path
}

// Reopen makes the file at the path the one that is written. One that was removed is written anew, with all that it held;
// behind another that was put there goes what was added since Reopen looked last. The caller knows that the folder is
// still its own.
func (g *Growing) Reopen() error {
	end, err := g.end()
	if err != nil {
		return err
	}
	if g.Same() {
		g.kept = end
		return nil
	}
	from := min(g.kept, end)
	info, err := os.Stat(g.path)
	if errors.Is(err, fs.ErrNotExist) {
		from = end
		err = WriteFile(g.path, func(w io.Writer) error {
			_, err := io.Copy(w, io.NewSectionReader(g.f, 0, end))
			return err
		})
	} else if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no regular file any more: move it away", g.path)
	}
	if err != nil {
		return err
	}
	f, err := os.OpenFile(g.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	there := &Growing{path: g.path, f: f, lines: g.lines, size: -1, waiting: g.waiting}
	if err := there.take(io.NewSectionReader(g.f, from, end-from)); err != nil {
		return errors.Join(err, f.Close())
	}
	_ = g.f.Close() // nothing waits in it
	*g = *there
	return nil
}

// take adds records that are in another file.
func (g *Growing) take(records io.Reader) error {
	at, err := g.end()
	if err != nil {
		return err
	}
	half, err := g.endsInHalf(at)
	if half && err == nil {
		records = io.MultiReader(bytes.NewReader([]byte{'\n'}), records)
	}
	if err != nil {
		return err
	}
	n, err := io.Copy(io.NewOffsetWriter(g.f, at), records)
	if err != nil {
		return errors.Join(err, g.f.Truncate(at))
	}
	g.size = at + n
	g.kept = g.size
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
