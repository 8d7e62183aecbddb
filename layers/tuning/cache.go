package tuning

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

// A Cache is the file of choices measured on one adapter with one version of its driver and of this program.
type Cache struct {
	Path string
	key  key
}

type key struct {
	Adapter string `json:"adapter"`
	Backend string `json:"backend"`
	Driver  string `json:"driver"`
	Program string `json:"program"`
}

// file is the file's content; Sum is the CRC-32 of the rest.
type file struct {
	key
	Choices gpu.Choices `json:"choices"`
	Sum     uint32      `json:"sum"`
}

// mostFile is far above the size of any model's choices, in bytes.
const mostFile = 1 << 20

// OpenCache names the file in the user's cache folder, for an adapter and the version of a program.
func OpenCache(a gpu.Adapter, program string) (Cache, error) {
	k := key{a.Name, a.Backend, a.Driver, program}
	dir, err := os.UserCacheDir()
	if err != nil {
		return Cache{}, err
	}
	name := fmt.Sprintf("matmul-%x.json", sha256.Sum256(fmt.Append(nil, k)))
	return Cache{filepath.Join(dir, "dinogpu", name[:24]+".json"), k}, nil
}

// Load reads the choices. If nothing was measured yet, it returns none and no error.
func (c Cache) Load() (gpu.Choices, error) {
	info, err := os.Stat(c.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if info.Size() > mostFile {
		return nil, errors.New("it is too large for a file of measurements")
	}
	text, err := os.ReadFile(c.Path)
	if err != nil {
		return nil, err
	}
	var f file
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, fmt.Errorf("it is damaged: %w", err)
	}
	if f.Sum != f.sum() {
		return nil, errors.New("it is damaged: its checksum does not match")
	}
	if f.key != c.key {
		return nil, errors.New("it was written for another adapter, driver or program")
	}
	for class, name := range f.Choices {
		if err := layers.CheckChoice(class, name); err != nil {
			return nil, err
		}
	}
	return f.Choices, nil
}

// Save writes the choices, all at once: another process may be reading.
func (c Cache) Save(choices gpu.Choices) error {
	f := file{key: c.key, Choices: choices}
	f.Sum = f.sum()
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(c.Path), 0o755); err != nil {
		return err
	}
	return disk.WriteBytes(c.Path, append(text, '\n'))
}

func (f file) sum() uint32 {
	f.Sum = 0
	text, err := json.Marshal(f)
	if err != nil {
		panic(err) // strings and a map of strings
	}
	return crc32.ChecksumIEEE(text)
}
