package settings

import "strings"

// Paths are one path or several, which are one set of images: one per line. In a file of settings several are a list,
// and on the command line the flag is repeated.
type Paths string

// Add puts one more path behind the others.
func (p Paths) Add(path string) Paths {
	if p == "" {
		return Paths(path)
	}
	return p + "\n" + Paths(path)
}

// List gives the paths, none where p is empty.
func (p Paths) List() []string {
	var list []string
	for path := range strings.SplitSeq(string(p), "\n") {
		if path != "" {
			list = append(list, path)
		}
	}
	return list
}
