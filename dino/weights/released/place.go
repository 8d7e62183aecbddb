package released

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Dir is the folder of released weights: dinogpu/weights in the user's cache folder.
func Dir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("the folder for released weights is not known: %w", err)
	}
	return filepath.Join(dir, "dinogpu", "weights"), nil
}

// NotPulled is the error of Path for weights that are not there yet.
type NotPulled struct {
	Entry Entry
	Path  string // where they are looked for
}

func (e *NotPulled) Error() string {
	return fmt.Sprintf("the weights %s are not on this machine: fetch %s and put it at %s", e.Entry.Name, e.Entry.URL(), e.Path)
}

// Path is the file with the weights of that name in Dir, the error a *NotPulled where there is none yet.
func Path(name string) (string, error) {
	e, err := Lookup(Catalog(), name)
	if err != nil {
		return "", err
	}
	dir, err := Dir()
	if err != nil {
		return "", err
	}
	if path, ok := e.In(dir); ok {
		return path, nil
	}
	return "", &NotPulled{e, e.path(dir, "")}
}

// endings are those of files that weights are read from; a mirror may have another than the authors' server.
var endings = []string{".pth", ".safetensors"}

// In is e's file in a folder, if it is there.
func (e Entry) In(dir string) (path string, ok bool) {
	for _, ending := range endings {
		path := e.path(dir, ending)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, true
		}
	}
	return "", false
}

// path is where e's file lies in dir under its own name, with another ending if one is given.
func (e Entry) path(dir, ending string) string {
	own := filepath.Ext(e.file())
	if ending == "" {
		ending = own
	}
	return filepath.Join(dir, strings.TrimSuffix(e.file(), own)+ending)
}
