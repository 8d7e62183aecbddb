//go:build unix

package main

import "testing"

// A command that is named can be given as it stands.
func TestArgument(t *testing.T) {
	for text, want := range map[string]string{
		"runs/demo-20261123": "runs/demo-20261123", "my run": "'my run'", "it's": `'it'\''s'`, "$x": "'$x'", `a\b`: `'a\b'`, "": "''", "übung": "übung",
	} {
		if got := argument(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
