package viewer

import (
	"image"
	"slices"
	"strings"
	"testing"
)

// Lines stay within their width, whatever stands in them, and the same line is written in the same way again.
func TestLetters(t *testing.T) {
	l := NewLetters(14, false)
	for _, s := range []string{"a line that is much longer than ninety pixels", "short", "", "日本語の名前", strings.Repeat("m", 4000), "\x00\xff\n"} {
		im := newSheet(200, 40)
		for range 2 {
			l.Write(im, 50, 10, 90, s, ink)
		}
		for y := range 40 {
			for x := range 200 {
				if (x < 49 || x > 141 || y < 9 || y > 10+l.Height) && im.RGBAAt(x, y) != paper {
					t.Fatalf("%q writes at %d,%d", s, x, y)
				}
			}
		}
		if written := !slices.Equal(im.Pix, newSheet(200, 40).Pix); written != (s != "" && s != "\x00\xff\n") && s != "\x00\xff\n" {
			t.Errorf("%q: written: %v", s, written)
		}
	}
	for range 2000 {
		l.Write(image.NewRGBA(image.Rect(0, 0, 9, 9)), 0, 0, 900, strings.Repeat("x", 1+len(l.lines)), ink)
	}
	if len(l.lines) > mostLines {
		t.Errorf("%d lines are remembered", len(l.lines))
	}
}

func TestWrap(t *testing.T) {
	l := NewLetters(14, true)
	lines := l.Wrap("a few words that do not stand in one line\nand a second paragraph", 120)
	if len(lines) < 4 || strings.Join(lines, " ") != "a few words that do not stand in one line and a second paragraph" {
		t.Errorf("%q", lines)
	}
	for _, s := range lines {
		if l.Width(s) > 120 {
			t.Errorf("%q is %d wide", s, l.Width(s))
		}
	}
	if lines := l.Wrap("Donaudampfschiff", 10); !slices.Equal(lines, []string{"Donaudampfschiff"}) {
		t.Errorf("a word that is too long: %q", lines)
	}
}
