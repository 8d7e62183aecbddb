package augment

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"unicode/utf8"
)

// located is an error of listing a folder, with its path as quote gives it.
func located(err error) error {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return fmt.Errorf("%s: %w", quote(p.Path), p.Err)
	}
	return err
}

// bare is an error without the path that the file system put into it, which
// the message around it names already.
func bare(err error) error {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return p.Err
	}
	return err
}

// quote gives a file's name as a message may print it: as it is where that is
// plain, else in Go's quotes, so that a line break, a terminal's control codes
// or bytes that are no text cannot spoil the line, and blanks at an end show.
func quote(name string) string {
	plain := name != "" && utf8.ValidString(name) && strings.TrimSpace(name) == name &&
		!strings.HasPrefix(name, `"`) && !strings.ContainsFunc(name, func(r rune) bool { return !strconv.IsPrint(r) })
	if plain {
		return name
	}
	return strconv.Quote(name)
}
