package disk

import (
	"path/filepath"
	"runtime"
	"testing"
)

func TestFreeSpace(t *testing.T) {
	here, known := Free(t.TempDir())
	if known != (runtime.GOOS == "linux" || runtime.GOOS == "darwin" || runtime.GOOS == "windows") {
		t.Fatalf("known is %v on %s", known, runtime.GOOS)
	}
	if known && here == 0 {
		t.Error("no room for the tests of this very folder")
	}
	if _, k := Free(filepath.Join(t.TempDir(), "not", "there", "yet")); k != known {
		t.Error("a folder that is not there yet has no disk")
	}
}
