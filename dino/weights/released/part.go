package released

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// A part is a file that is being fetched: its bytes so far, and beside them what they are a part of.
type part struct {
	path string // ends as the file will: formats go by that
	note note
	have int64
}

// A note says what a part's bytes belong to.
type note struct {
	URL       string `json:"url"`       // that was asked for
	Validator string `json:"validator"` // the ETag or date by which the server knows this content; empty: none
	Size      int64  `json:"size"`      // of the whole file; -1: not said
}

// mostNote is far above the size of a note, in bytes.
const mostNote = 1 << 16

// openPart finds what an earlier try left of the file at path. What is of another address, or cannot be gone on with, counts
// as nothing.
func openPart(path, url string) *part {
	ending := filepath.Ext(path)
	p := &part{path: strings.TrimSuffix(path, ending) + ".part" + ending}
	fresh := note{URL: url, Size: -1}
	info, err := os.Stat(p.path)
	text, noteErr := readNote(p.notePath())
	if err != nil || noteErr != nil || json.Unmarshal(text, &p.note) != nil || p.note.URL != url || p.note.Validator == "" ||
		p.note.Size >= 0 && info.Size() > p.note.Size {
		p.note = fresh
		return p
	}
	p.have = info.Size()
	return p
}

func readNote(path string) ([]byte, error) {
	f, size, err := disk.OpenRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // nothing was written
	if size > mostNote {
		return nil, errors.New("too long")
	}
	text := make([]byte, size)
	_, err = f.ReadAt(text, 0)
	return text, err
}

func (p *part) notePath() string { return p.path + ".json" }

// whole tells whether all bytes are there.
func (p *part) whole() bool { return p.note.Size >= 0 && p.have == p.note.Size }

// resumable tells whether what is there can be gone on with.
func (p *part) resumable() bool { return p.have > 0 && p.note.Validator != "" }

// begin empties the part for content that n says.
func (p *part) begin(n note) error {
	if err := os.WriteFile(p.path, nil, 0o666); err != nil { // before the note: no bytes under a wrong one
		return p.cannotWrite(err)
	}
	p.have, p.note = 0, n
	text, err := json.Marshal(n)
	if err != nil {
		panic(err) // texts and a number
	}
	return disk.WriteBytes(p.notePath(), append(text, '\n'))
}

// remove removes the part and its note.
func (p *part) remove() error {
	p.have, p.note = 0, note{URL: p.note.URL, Size: -1}
	for _, path := range []string{p.path, p.notePath()} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s cannot be removed: %w", path, disk.Cause(err))
		}
	}
	return nil
}

// finish gives the part its name.
func (p *part) finish(path string) error {
	if err := disk.Finish(p.path, path); err != nil {
		return err
	}
	return p.remove() // the note
}

func (p *part) cannotWrite(err error) error {
	return fmt.Errorf("%s cannot be written (%w): see that there is room and that you may write there", p.path, disk.Cause(err))
}
