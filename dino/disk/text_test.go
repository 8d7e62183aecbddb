package disk

import "testing"

// Nothing that a file says reaches a terminal as a command.
func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"plain, größer, 日本語, a\tb\nc":    "plain, größer, 日本語, a\tb\nc",
		"a\x1b[2Jb\rc\a":                 `a\x1b[2Jb\rc\a`,
		"to the left \u202e, csi \u009b": `to the left \u202e, csi \u009b`,
		"no UTF-8 \xff\xfe":              `no UTF-8 \xff\xfe`,
		"\uFFFD":                         "\uFFFD",
	} {
		if got := Printable(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	if got := Quote("a\x1b\n"); got != `"a\x1b\n"` {
		t.Errorf("quoted: %s", got)
	}
}
