package report

import (
	"bytes"
	"fmt"
	"html"
	"image/color"
	"math"
	"regexp"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// The size of a plot. It is a phone's width, so that letters are legible there as they are.
const plotWidth, plotHeight = 380, 230

// Colors of a plot stand for names of the style sheet, which knows whether it is dark: painted says which.
var (
	ink   = color.NRGBA{0, 0, 1, 255}
	grid  = color.NRGBA{0, 0, 2, 255}
	guide = color.NRGBA{0, 0, 3, 255}
)

func runColor(i int) color.NRGBA { return color.NRGBA{16, uint8(i >> 8), uint8(i), 255} }

// spanColor is the same, pale.
func spanColor(i int) color.NRGBA { return color.NRGBA{17, uint8(i >> 8), uint8(i), 255} }

var painted = regexp.MustCompile(`#(?:00000([123])|1([01])([0-9A-F]{4}))\b`)

func paint(hex string) string {
	found := painted.FindStringSubmatch(hex)
	if found[1] != "" {
		return "var(--" + []string{"ink", "grid", "guide"}[found[1][0]-'1'] + ")"
	}
	var i int
	_, _ = fmt.Sscanf(found[3], "%X", &i) // four digits
	if found[2] == "1" {
		return fmt.Sprintf("var(--run-%d);fill-opacity:0.25", i)
	}
	return fmt.Sprintf("var(--run-%d)", i)
}

// A line is what one run shows in a plot.
type line struct {
	run    int // its color
	series *series
	dashed bool
}

// A mark is a level line with its words.
type mark struct {
	at    float64
	words string
}

// svg draws a curve's lines over that many steps. alone draws each bucket's span too. Nothing but numbers of runs gets into it.
func svg(c curve, lines []line, marks []mark, steps int, alone bool) (string, error) {
	p := newPlot()
	least, greatest := math.Inf(1), math.Inf(-1)
	for _, l := range lines {
		if a, b, ok := l.series.extremes(); ok {
			least, greatest = min(least, a.Value*c.times()), max(greatest, b.Value*c.times())
		}
	}
	if c.log && least > 0 && greatest/least > 50 {
		p.Y.Scale, p.Y.Tick.Marker, p.Y.Min, p.Y.Max = plot.LogScale{}, logTicks{}, least, greatest
	} else {
		p.Y.Tick.Marker = fewTicks{}
	}
	g := plotter.NewGrid()
	g.Vertical.Color, g.Horizontal.Color = grid, grid
	p.Add(g)
	for _, m := range marks {
		if err := addMark(p, m, float64(steps)); err != nil {
			return "", err
		}
	}
	for _, l := range lines {
		if err := addLine(p, c, l, alone); err != nil {
			return "", err
		}
	}
	p.X.Min, p.X.Max = 0, float64(max(steps, 1))
	if p.Y.Max-p.Y.Min < 1e-9*math.Abs(p.Y.Max) { // a constant, up to rounding
		pad := max(math.Abs(p.Y.Max)*0.1, 1e-9)
		p.Y.Min, p.Y.Max = p.Y.Min-pad, p.Y.Max+pad
	}
	canvas := vgsvg.NewWith(vgsvg.UseWH(plotWidth, plotHeight))
	p.Draw(draw.Crop(draw.New(canvas), 2, -8, 2, -4))
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		return "", err
	}
	_, body, _ := strings.Cut(out.String(), "xlink\">")
	return fmt.Sprintf(`<svg role="img" aria-label="%s" viewBox="0 0 %d %d">%s`, html.EscapeString(c.Title), plotWidth, plotHeight,
		painted.ReplaceAllStringFunc(body, paint)), nil
}

func newPlot() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	letters := font.Font{Typeface: "Liberation", Variant: "Sans", Size: 11}
	p.X.Label.Text = "step"
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.LineStyle.Color, a.Tick.LineStyle.Color = ink, ink
		for _, style := range []*text.Style{&a.Label.TextStyle, &a.Tick.Label} {
			style.Color, style.Font = ink, letters
		}
	}
	p.X.Tick.Marker = fewTicks{}
	return p
}

// addMark draws a level line from step 0 to the last.
func addMark(p *plot.Plot, m mark, to float64) error {
	l, err := plotter.NewLine(plotter.XYs{{X: 0, Y: m.at}, {X: to, Y: m.at}})
	if err != nil {
		return err
	}
	l.Color, l.Dashes = guide, []vg.Length{5, 3}
	labels, err := plotter.NewLabels(plotter.XYLabels{XYs: plotter.XYs{{X: to, Y: m.at}}, Labels: []string{m.words}})
	if err != nil {
		return err
	}
	style := &labels.TextStyle[0]
	style.Color, style.Font, style.XAlign, style.YAlign = guide, p.X.Tick.Label.Font, text.XRight, text.YTop
	labels.Offset.Y = -2
	p.Add(l, labels)
	return nil
}

// addLine draws one run's, with gaps where values are no numbers.
func addLine(p *plot.Plot, c curve, l line, alone bool) error {
	if alone && !l.dashed && l.series.thinned() {
		if err := addSpan(p, c, l); err != nil {
			return err
		}
	}
	var all plotter.XYs
	for _, part := range parts(l.series) {
		var xys plotter.XYs
		for _, b := range part {
			xys = append(xys, plotter.XY{X: b.at(), Y: b.mean() * c.times()})
		}
		all = append(all, xys...)
		drawn, err := plotter.NewLine(xys)
		if err != nil {
			return err
		}
		drawn.Color, drawn.Width = runColor(l.run), 1.25
		if l.dashed {
			drawn.Dashes = []vg.Length{3, 2}
		}
		p.Add(drawn)
	}
	if c.points && len(all) <= 60 || len(all) == 1 {
		dots, err := plotter.NewScatter(all)
		if err != nil {
			return err
		}
		dots.GlyphStyle = draw.GlyphStyle{Color: runColor(l.run), Radius: 1.8, Shape: draw.CircleGlyph{}}
		p.Add(dots)
	}
	return nil
}

// addSpan draws from the least to the greatest value of each bucket.
func addSpan(p *plot.Plot, c curve, l line) error {
	for _, part := range parts(l.series) {
		var ring plotter.XYs
		for _, b := range part {
			ring = append(ring, plotter.XY{X: b.at(), Y: b.greatest.Value * c.times()})
		}
		for i := len(part) - 1; i >= 0; i-- {
			ring = append(ring, plotter.XY{X: part[i].at(), Y: part[i].least.Value * c.times()})
		}
		span, err := plotter.NewPolygon(ring)
		if err != nil {
			return err
		}
		span.Color, span.LineStyle.Width = spanColor(l.run), 0
		p.Add(span)
	}
	return nil
}

// parts are the stretches of a series without a gap.
func parts(s *series) (list [][]bucket) {
	from := 0
	for i := range len(s.buckets) + 1 {
		if i < len(s.buckets) && s.buckets[i].n > 0 {
			continue
		}
		if i > from {
			list = append(list, s.buckets[from:i])
		}
		from = i + 1
	}
	return list
}
