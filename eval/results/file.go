package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// FileName is the file of a run's folder that holds its records.
const FileName = "results.jsonl"

// Append adds records to the run's folder. Half a line that a killed process left is
// ended, and what was added is on the disk when Append returns.
func Append(folder string, records ...Record) error {
	g, err := disk.OpenLines(filepath.Join(folder, FileName))
	if err != nil {
		return err
	}
	for _, r := range records {
		line, err := json.Marshal(r)
		if err != nil {
			return errors.Join(fmt.Errorf("the result of %s: %w", r.Evaluation, err), g.Close())
		}
		if err := g.Add(append(line, '\n')); err != nil {
			return errors.Join(err, g.Close())
		}
	}
	return errors.Join(g.Sync(), g.Close())
}

// Read gives the records of a run's folder, the oldest first, none where nothing was evaluated. Lines that are no records,
// such as half of one, are passed over and counted.
func Read(folder string) (records []Record, passed int, err error) {
	records, passed, err = ReadFile(filepath.Join(folder, FileName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	return records, passed, err
}

// ReadFile does the same for a file by any name. That there is none is an error, fs.ErrNotExist.
func ReadFile(path string) (records []Record, passed int, err error) {
	f, _, err := disk.OpenRegular(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close() // nothing was written
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, 0, disk.CannotRead(path, err)
	}
	for line := range bytes.Lines(data) {
		r, ok := Parse(line)
		if !ok {
			if len(bytes.TrimSpace(line)) > 0 {
				passed++
			}
			continue
		}
		records = append(records, r)
	}
	return records, passed, nil
}

// Parse reads one line.
func Parse(line []byte) (Record, bool) {
	var r Record
	if json.Unmarshal(line, &r) != nil || r.Evaluation == "" || len(r.Values) == 0 {
		return Record{}, false
	}
	return r, true
}
