package augment

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dinogpu/dinogpu/augment/decode"
)

// list is a text file's images, without labels.
type list struct {
	dir   string
	paths []string
}

// mostList bounds the bytes of a list: about ten million paths.
const mostList = 1 << 30

// OpenList reads a text file with one image path per line, absolute or
// relative to the file's folder. Blank lines and lines that start with # are
// passed over, and blanks at a line's ends cut off: ./ before a name keeps its #
// or its blank. A name with a line break can only be had from a folder. Only the
// first image is looked for on disk: half a million looks would take longer
// than the listing itself.
func OpenList(path string) (Source, error) {
	f, size, err := openFile(path)
	if err != nil {
		return nil, fmt.Errorf("the list %s cannot be read: %w", quote(path), bare(err))
	}
	defer f.Close()
	if size > mostList {
		return nil, fmt.Errorf("the list %s has %d bytes, more than the %d that are read: give the folder of the images, or split it into lists of one folder each", quote(path), size, mostList)
	}
	l := &list{dir: filepath.Dir(path)}
	lines := bufio.NewScanner(io.LimitReader(f, mostList)) // it may grow
	number := 0
	for lines.Scan() {
		number++
		text := lines.Text()
		if number == 1 {
			text = strings.TrimPrefix(text, "\ufeff") // a mark that Windows editors leave
		}
		text = strings.TrimSpace(text)
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		if !decode.IsImage(text) {
			return nil, fmt.Errorf("%s, line %d: %q is not the path of an image: write one path per line, ending in one of %s", quote(path), number, shorten(text), decode.Extensions)
		}
		if len(l.paths) == 0 {
			if _, err := os.Stat(l.full(text)); err != nil {
				return nil, fmt.Errorf("%s, line %d: no image at %s (%w): paths are taken from the list's own folder", quote(path), number, quote(l.full(text)), bare(err))
			}
		}
		l.paths = append(l.paths, text)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s cannot be read as a list after line %d (%w): write one image path per line", quote(path), number, bare(err))
	}
	if len(l.paths) == 0 {
		return nil, fmt.Errorf("the list %s names no image: write one path per line", quote(path))
	}
	l.paths = slices.Clip(l.paths)
	return l, nil
}

// full is where a line's image lies.
func (l *list) full(line string) string {
	p := filepath.FromSlash(line)
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(l.dir, p)
}

// shorten cuts what a message quotes.
func shorten(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "..."
	}
	return s
}

func (l *list) Len() int                     { return len(l.paths) }
func (l *list) Name(i int) string            { return l.paths[i] }
func (l *list) Label(int) int                { return -1 }
func (l *list) Classes() []string            { return nil }
func (l *list) Decode(i int) (*Image, error) { return l.decodeAs(i, decode.Options{}) }
