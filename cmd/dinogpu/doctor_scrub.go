package main

import (
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// private is what a report leaves out.
type private struct {
	folders map[string]string // to what stands for them
	users   []string
	hosts   []string
}

// privateFacts are this user's and this machine's. What cannot be found out cannot be in a driver's words by its name
// either; paths are left out whatever they are.
func privateFacts(temporary string) private {
	p := private{folders: map[string]string{temporary: "<temporary>", os.TempDir(): "<temporary>"}}
	if dir, err := os.UserHomeDir(); err == nil {
		p.folders[dir] = "<home>"
		p.users = append(p.users, filepath.Base(dir))
	}
	if dir, err := os.Getwd(); err == nil {
		p.folders[dir] = "<folder>"
	}
	if path, err := os.Executable(); err == nil {
		p.folders[filepath.Dir(path)] = "<program>"
	}
	if u, err := user.Current(); err == nil {
		_, name, _ := strings.Cut(`\`+strings.ReplaceAll(u.Username, `\`, "/"), `\`)
		p.users = append(p.users, filepath.Base(name), u.Name)
		p.folders[u.HomeDir] = "<home>"
	}
	p.users = append(p.users, os.Getenv("USER"), os.Getenv("LOGNAME"), os.Getenv("USERNAME"), os.Getenv("SUDO_USER"))
	p.hosts = append(p.hosts, os.Getenv("HOSTNAME"), os.Getenv("COMPUTERNAME"))
	if name, err := os.Hostname(); err == nil {
		short, _, _ := strings.Cut(name, ".")
		p.hosts = append(p.hosts, name, short)
	}
	return p
}

// A scrubber takes out of words what is nobody else's business.
type scrubber struct{ steps []scrubStep }

type scrubStep struct {
	find *regexp.Regexp
	with string
}

// tellNothing are names that many have, or that stand for others.
var tellNothing = []string{"localhost", "user", "host", "home", "folder", "program", "temporary"}

// A path's part may hold what no separator, quote or bracket is.
const pathPart = "[^\\s\\\\/\"'`<>|:;,()\\[\\]]"

// newScrubber makes one for what is private here. Longer folders and names come before those that they begin with.
func newScrubber(p private) *scrubber {
	s := &scrubber{}
	longestFirst := func(a, b string) int { return len(b) - len(a) }
	folders := make([]string, 0, len(p.folders))
	for folder := range p.folders {
		if len(filepath.Clean(folder)) > 1 { // not the root, "." or what was not known
			folders = append(folders, folder)
		}
	}
	slices.SortFunc(folders, longestFirst)
	for _, folder := range folders {
		// a driver may write a path its own way: other separators, or escaped ones
		parts := regexp.MustCompile(`[\\/]+`).Split(filepath.Clean(folder), -1)
		for i := range parts {
			parts[i] = regexp.QuoteMeta(parts[i])
		}
		s.add(`(?i)`+strings.Join(parts, `[\\/]+`)+`($|[^\pL\pN_.-])`, p.folders[folder]+"$1")
	}
	s.add(`(<[a-z]+>)(?:[\\/]+`+pathPart+`+)*([\\/]+`+pathPart+`+)`, "$1/...$2")
	s.add("(^|[\\s\"'`(=\\[,:;|<])(?:[A-Za-z]:)?(?:\\\\\\\\|[\\\\/])(?:"+pathPart+`+[\\/]+)+(`+pathPart+`*)`, "$1.../$2")
	names := func(list []string, with string) {
		list = slices.Clone(list)
		slices.SortFunc(list, longestFirst)
		for _, name := range slices.Compact(list) {
			if len(name) > 1 && !slices.Contains(tellNothing, strings.ToLower(name)) {
				for range 2 { // names side by side share what is between them
					s.add(`(?i)(^|[^\pL\pN_])`+regexp.QuoteMeta(name)+`($|[^\pL\pN_])`, "${1}"+with+"$2")
				}
			}
		}
	}
	names(p.users, "<user>")
	names(p.hosts, "<host>")
	return s
}

func (s *scrubber) add(pattern, with string) {
	s.steps = append(s.steps, scrubStep{regexp.MustCompile(pattern), with})
}

// words are the text without what is private, as a terminal can take it.
func (s *scrubber) words(text string) string {
	for _, step := range s.steps {
		text = step.find.ReplaceAllString(text, step.with)
	}
	return disk.Printable(text)
}
