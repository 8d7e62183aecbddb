package augment

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Image files go under their paths, in the order that they are named in, between what else there is.
func TestOpenImages(t *testing.T) {
	dir := tree(t, "set/cat/1.png", "set/dog/2.png", "b.png", "a.png", "folder.png/3.png")
	list := write(t, filepath.Join(dir, "l.txt"), []byte("a.png\n"))
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, c := range []struct {
		paths, want, classes []string
	}{
		{[]string{at("b.png"), at("a.png"), at("b.png")}, []string{at("b.png"), at("a.png"), at("b.png")}, []string{"", "", ""}},
		{[]string{at("a.png")}, []string{at("a.png")}, []string{""}},
		{[]string{at("set")}, []string{"cat/1.png", "dog/2.png"}, []string{"cat", "dog"}},
		{[]string{list}, []string{"a.png"}, []string{""}},
		{[]string{at("folder.png")}, []string{"3.png"}, []string{""}},
		{
			[]string{at("b.png"), at("set"), at("a.png"), at("b.png"), list},
			[]string{at("b.png"), "set/cat/1.png", "set/dog/2.png", at("a.png"), at("b.png"), "l.txt: a.png"},
			[]string{"", "cat", "dog", "", "", ""},
		},
	} {
		s, err := OpenImages(c.paths...)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c.want, names(s)); d != "" {
			t.Errorf("%q: %s", c.paths, d)
		}
		for i, want := range c.classes {
			got := ""
			if l := s.Label(i); l >= 0 {
				got = s.Classes()[l]
			}
			if _, err := s.Decode(i); err != nil || got != want {
				t.Errorf("%q, image %d: class %q, want %q, %v", c.paths, i, got, want, err)
			}
		}
	}
	for want, paths := range map[string][]string{
		"there is no image " + at("none.png"): {at("a.png"), at("none.png")},
		"no images are named":                 {},
		"none doesn't exist":                  {at("a.png"), at("none")},
		"named twice":                         nil,
	} {
		if paths == nil { // a folder twice, beside an image
			s, err := OpenImages(at("set"), at("a.png"), at("set"))
			if err != nil || s.Len() != 3 || len(Remarks(s)) != 1 || !strings.Contains(Remarks(s)[0], want) {
				t.Errorf("%v, %v", s, err)
			}
			continue
		}
		if _, err := OpenImages(paths...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", paths, err, want)
		}
	}
}
