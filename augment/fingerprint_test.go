package augment

import (
	"path/filepath"
	"strings"
	"testing"
)

type named struct {
	Source
	names []string
}

func (n named) Len() int          { return len(n.names) }
func (n named) Name(i int) string { return n.names[i] }

func TestFingerprint(t *testing.T) {
	first := Fingerprint(named{names: []string{"a.png", "b.png"}})
	if !strings.HasPrefix(first, "2 pictures") || first != Fingerprint(named{names: []string{"a.png", "b.png"}}) {
		t.Errorf("%s", first)
	}
	for _, other := range [][]string{{"a.png"}, {"b.png", "a.png"}, {"a.png", "b.png", "c.png"}, {"a.pn", "gb.png"}, {"a.png", "b.PNG"}} {
		if got := Fingerprint(named{names: other}); got == first {
			t.Errorf("%v has the fingerprint of a.png, b.png: %s", other, got)
		}
	}
}

// A run that began on another system goes on: folders' names stand apart by a slash everywhere.
func TestFingerprintHasNoSeparator(t *testing.T) {
	here := Fingerprint(named{names: []string{filepath.Join("a", "b.png"), filepath.Join("c", "d.png")}})
	if want := Fingerprint(named{names: []string{"a/b.png", "c/d.png"}}); here != want || !strings.HasSuffix(here, "(names' CRC-32C 2f2fb3a9)") {
		t.Errorf("%s here, %s elsewhere", here, want)
	}
}
