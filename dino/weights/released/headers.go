package released

import (
	"net/http"
	"strconv"
	"strings"
)

// validator is what If-Range can name of an answer: a strong ETag, else the date.
func validator(h http.Header) string {
	if tag := h.Get("ETag"); strings.HasPrefix(tag, `"`) {
		return tag
	}
	return h.Get("Last-Modified")
}

// sameContent holds the part of an answer against the validator of what came before; not all servers repeat it.
func sameContent(h http.Header, validator string) bool {
	key := "Last-Modified"
	if strings.HasPrefix(validator, `"`) {
		key = "ETag"
	}
	v := h.Get(key)
	return v == "" || v == validator
}

// contentRange reads "bytes 100-199/200"; size is -1 where it is a star.
func contentRange(text string) (first, size int64, ok bool) {
	text, ok = strings.CutPrefix(text, "bytes ")
	from, rest, ok2 := strings.Cut(text, "-")
	_, total, ok3 := strings.Cut(rest, "/")
	if !ok || !ok2 || !ok3 {
		return 0, 0, false
	}
	first, err := strconv.ParseInt(from, 10, 64)
	if err != nil {
		return 0, 0, false
	}
	if total == "*" {
		return first, -1, true
	}
	size, err = strconv.ParseInt(total, 10, 64)
	return first, size, err == nil
}
