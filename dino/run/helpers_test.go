package run

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/dinogpu/dinogpu/augment"
)

// renamed gives a source's images other names.
type renamed struct{ augment.Source }

func (r renamed) Name(i int) string { return "other-" + r.Source.Name(i) }

// allOf is every file of a folder with its content.
func allOf(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		files[path] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
