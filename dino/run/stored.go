package run

import (
	"bytes"
	"fmt"
	"path/filepath"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
)

// StoredSettings are those that the run in a folder was last carried out with: config.yaml's, or where that file was
// emptied, those of the newest whole checkpoint, which the sentence then says.
func StoredSettings(folder string) (s settings.Settings, sentence string, err error) {
	path := filepath.Join(folder, settings.FileName)
	data, err := settings.ReadFile(path)
	if err != nil {
		return s, "", err
	}
	if len(bytes.Trim(data, "\x00 \t\r\n")) > 0 { // after a power failure a file may hold zeros
		s, err = settings.Load(path)
		return s, "", err
	}
	h, _, err := weights.NewestCheckpoint(folder, func(error) {})
	if err != nil {
		return s, "", fmt.Errorf("%s is empty, and the settings are in no checkpoint either: %w", path, err)
	}
	if s, err = h.Settings(); err != nil {
		return s, "", fmt.Errorf("%s is empty, and the settings in the newest checkpoint cannot be used: %w", path, err)
	}
	return s, fmt.Sprintf("%s is empty: the settings are restored from the checkpoint of step %d", path, h.Step), nil
}
