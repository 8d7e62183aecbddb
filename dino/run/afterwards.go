package run

import (
	"errors"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// AddToLog adds lines to train.log of a run whose process has ended, by one that watched it. It fails where another
// process goes on with the run.
func AddToLog(folder string, lines []Line) error {
	r, err := OpenFolder(folder)
	if err != nil {
		return err
	}
	err = r.openLog()
	for _, line := range lines {
		for text := range strings.SplitSeq(line.Text, "\n") {
			if err == nil {
				err = disk.PlainError(r.Log(line.At, text))
			}
		}
	}
	return errors.Join(err, r.Close())
}
