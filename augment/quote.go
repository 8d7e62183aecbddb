package augment

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

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
