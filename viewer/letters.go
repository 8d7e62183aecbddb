package viewer

import (
	"image"
	"image/color"
	"image/draw"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// Letters writes text in one size of the Go fonts, which have Latin, Greek and Cyrillic letters; others become boxes.
// Lines that were written before are remembered, since a page is drawn again and again with the same words.
type Letters struct {
	face   font.Face
	Height int // of a line, in pixels
	ascent int
	lines  map[string]*image.Alpha
}

// NewLetters makes letters of so many pixels.
func NewLetters(size float64, bold bool) *Letters {
	data := goregular.TTF
	if bold {
		data = gobold.TTF
	}
	f, err := opentype.Parse(data)
	if err == nil {
		var face font.Face
		if face, err = opentype.NewFace(f, &opentype.FaceOptions{Size: max(size, 1), DPI: 72, Hinting: font.HintingFull}); err == nil {
			m := face.Metrics()
			return &Letters{face: face, Height: m.Height.Ceil(), ascent: m.Ascent.Ceil(), lines: map[string]*image.Alpha{}}
		}
	}
	panic("viewer: the Go font that is built in cannot be read: " + err.Error())
}

// Width is that of a line of text, in pixels.
func (l *Letters) Width(s string) int { return font.MeasureString(l.face, s).Ceil() }

// Write writes a line whose top left corner is at x, y. Text wider than w pixels is cut and ends in dots.
func (l *Letters) Write(dst *image.RGBA, x, y, w int, s string, c color.Color) {
	line := l.line(l.fit(s, w))
	if line == nil {
		return
	}
	place := image.Rectangle{Max: line.Rect.Size()}.Add(image.Pt(x, y))
	draw.DrawMask(dst, place, image.NewUniform(c), image.Point{}, line, image.Point{}, draw.Over)
}

// fit cuts text to w pixels.
func (l *Letters) fit(s string, w int) string {
	if l.Width(s) <= w {
		return s
	}
	runes := []rune(s)
	least, most := 0, len(runes) // how many fit
	for least < most {
		n := (least + most + 1) / 2
		if l.Width(string(runes[:n])+"...") <= w {
			least = n
		} else {
			most = n - 1
		}
	}
	if least == 0 {
		return ""
	}
	return strings.TrimRight(string(runes[:least]), " ") + "..."
}

// Wrap breaks text into lines of at most w pixels, between words.
func (l *Letters) Wrap(s string, w int) []string {
	var lines []string
	for _, paragraph := range strings.Split(s, "\n") {
		line := ""
		for _, word := range strings.Fields(paragraph) {
			if longer := strings.TrimSpace(line + " " + word); line == "" || l.Width(longer) <= w {
				line = longer
				continue
			}
			lines, line = append(lines, line), word
		}
		lines = append(lines, line)
	}
	return lines
}

// mostLines bounds the lines that are remembered.
const mostLines = 512

// line gives a line's coverage, or nil for one without letters.
func (l *Letters) line(s string) *image.Alpha {
	if line, ok := l.lines[s]; ok {
		return line
	}
	if len(l.lines) >= mostLines {
		clear(l.lines)
	}
	var line *image.Alpha
	if w := l.Width(s); w > 0 {
		line = image.NewAlpha(image.Rect(0, 0, w+1, l.Height))
		d := font.Drawer{Dst: line, Src: image.Opaque, Face: l.face, Dot: fixed.P(0, l.ascent)}
		d.DrawString(s)
	}
	l.lines[s] = line
	return line
}
