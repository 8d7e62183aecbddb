package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// A tuneCache is the file with what was measured on one adapter, by one version of its driver and of this program.
type tuneCache struct {
	path string
	key  tuneKey
}

type tuneKey struct {
	Adapter string `json:"adapter"`
	Backend string `json:"backend"`
	Driver  string `json:"driver"`
	Program string `json:"program"`
}

// tuneFile is the file's content; Sum is the CRC-32 of the rest.
type tuneFile struct {
	tuneKey
	Choices gpu.Choices `json:"choices"`
	Sum     uint32      `json:"sum"`
}

// mostTuneFile is far above what any model's classes take.
const mostTuneFile = 1 << 20

// openTuneCache names the file in the user's cache folder.
func openTuneCache(a gpu.Adapter) (tuneCache, error) {
	key := tuneKey{a.Name, a.Backend, a.Driver, versionText()}
	dir, err := os.UserCacheDir()
	if err != nil {
		return tuneCache{}, err
	}
	name := fmt.Sprintf("matmul-%x.json", sha256.Sum256(fmt.Append(nil, key)))
	return tuneCache{filepath.Join(dir, "dinogpu", name[:24]+".json"), key}, nil
}

// load reads the choices; none and no error where nothing was measured yet.
func (c tuneCache) load() (gpu.Choices, error) {
	info, err := os.Stat(c.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if info.Size() > mostTuneFile {
		return nil, errors.New("it is too large to be one")
	}
	text, err := os.ReadFile(c.path)
	if err != nil {
		return nil, err
	}
	var f tuneFile
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, fmt.Errorf("it is damaged: %w", err)
	}
	if f.Sum != f.sum() {
		return nil, errors.New("it is damaged: its checksum does not fit")
	}
	if f.tuneKey != c.key {
		return nil, errors.New("it was written for another adapter, driver or program")
	}
	for class, name := range f.Choices {
		if err := layers.CheckChoice(class, name); err != nil {
			return nil, err
		}
	}
	return f.Choices, nil
}

// save writes the choices, all at once: another process may be reading.
func (c tuneCache) save(choices gpu.Choices) error {
	f := tuneFile{tuneKey: c.key, Choices: choices}
	f.Sum = f.sum()
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(c.path), 0o755); err != nil {
		return err
	}
	return disk.WriteBytes(c.path, append(text, '\n'))
}

func (f tuneFile) sum() uint32 {
	f.Sum = 0
	text, err := json.Marshal(f)
	if err != nil {
		panic(err) // strings and a map of strings
	}
	return crc32.ChecksumIEEE(text)
}
