package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Free is the number of bytes that may still be written under path, which need not be there yet: its nearest
// folder that is there is asked. known is false where the system or the file system does not say.
func Free(path string) (bytes uint64, known bool) {
	path, err := filepath.Abs(path)
	if err != nil {
		return 0, false
	}
	for {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) || filepath.Dir(path) == path {
			return freeSpace(path)
		}
		path = filepath.Dir(path)
	}
}
