package eval

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
)

// emptyClasses says in a sentence which sub-folders of a folder of classes hold no image, and so are none.
func emptyClasses(path string, classes []string) []string {
	entries, err := os.ReadDir(path)
	if err != nil || len(classes) == 0 {
		return nil // no folder, or one without classes
	}
	var empty []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") && !slices.Contains(classes, e.Name()) {
			empty = append(empty, disk.Quote(e.Name()))
		}
	}
	if len(empty) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s has %s without an image, which count as no class: %s", path, settings.Count(len(empty), "folder"), some(empty))}
}
