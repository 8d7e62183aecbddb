package disk

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable gives text in which a file's or a device's words may be as a terminal and a log can take it: what would move
// a cursor, change a color or hide a letter is written as in a Go string, \x1b. Lines and tabs stay.
func Printable(text string) string {
	plain := func(r rune) bool { return unicode.IsGraphic(r) || r == '\n' || r == '\t' }
	if strings.IndexFunc(text, func(r rune) bool { return !plain(r) || r == unicode.ReplacementChar }) < 0 {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if size == 1 && r == unicode.ReplacementChar { // no UTF-8
			fmt.Fprintf(&b, `\x%02x`, text[0])
		} else if plain(r) {
			b.WriteRune(r)
		} else {
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		text = text[size:]
	}
	return b.String()
}

// Quote quotes a word from a file for a sentence, and leaves the end of a long one off.
func Quote(word string) string {
	const most = 100 // bytes
	if len(word) > most {
		word = strings.ToValidUTF8(word[:most], "") + "..."
	}
	return strconv.Quote(word)
}
