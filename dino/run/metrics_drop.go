package run

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// longestLine is more than a line of metrics.jsonl can have.
const longestLine = 64 << 10

// dropMetricsAfter drops the lines behind a step from metrics.jsonl, and notes what is there of the step. The file is
// read line by line, as a long run's has hundreds of megabytes, and written only where a line goes.
func (r *Folder) dropMetricsAfter(step int) error {
	path := r.Join(metricsFile)
	in, _, err := disk.OpenRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer in.Close() // nothing was written
	r.last, r.lastStep = map[string]bool{}, step
	whole, err := keptLines(in, step, func(line []byte, at float64) error {
		if at == float64(step) {
			r.noteReported(line)
		}
		return nil
	})
	if err != nil {
		return disk.CannotRead(path, err)
	}
	if whole {
		return nil
	}
	return disk.WriteFile(path, func(w io.Writer) error {
		if _, err := in.Seek(0, io.SeekStart); err != nil {
			return err
		}
		_, err := keptLines(in, step, func(line []byte, _ float64) error {
			_, err := w.Write(append(bytes.TrimRight(line, "\r\n"), '\n'))
			return err
		})
		return err
	})
}

// keptLines gives keep the lines of steps up to that one. whole says that it had all of them, each with its end.
func keptLines(in io.Reader, step int, keep func(line []byte, at float64) error) (whole bool, err error) {
	whole = true
	lines := bufio.NewReaderSize(in, longestLine)
	long := false // the rest of a line that is none of ours
	for {
		line, err := lines.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			whole, long = false, true
			continue
		case err != nil && !errors.Is(err, io.EOF):
			return false, err
		}
		at, ok := stepOf(line)
		switch {
		case len(line) == 0:
		case long || !ok || at > float64(step):
			whole = false
		default:
			whole = whole && err == nil
			if err := keep(line, at); err != nil {
				return false, err
			}
		}
		if long = false; err != nil {
			return whole, nil
		}
	}
}

// stepOf is the step of a line of metrics; half a line has none.
func stepOf(line []byte) (float64, bool) {
	var fields struct {
		Step *float64 `json:"step"`
	}
	if json.Unmarshal(line, &fields) != nil || fields.Step == nil {
		return 0, false
	}
	return *fields.Step, true
}

func (r *Folder) noteReported(line []byte) {
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(line, &fields) // stepOf has read it
	for key := range fields {
		r.last[key] = true
	}
}
