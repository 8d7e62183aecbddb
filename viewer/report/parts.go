package report

import (
	"bytes"
	"fmt"
	"html/template"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// hues of the runs' colors, far from each other; later runs get what lies between.
var hues = []int{215, 25, 145, 325, 270, 185, 50, 0}

func colors(runs int) (list []int) {
	for i := range runs {
		hue := (i * 137) % 360 // the golden angle
		if i < len(hues) {
			hue = hues[i]
		}
		list = append(list, hue)
	}
	return list
}

// A card is what the page says of a run at its top.
type card struct {
	Number                int // of its color
	Name, Folder          string
	State, Device, Alert  string
	Remarks, Advice, Gaps []string
}

func cards(runs []*Run) (list []card) {
	for i, r := range runs {
		c := card{
			Number: i, Name: disk.Printable(r.Name), Folder: disk.Printable(r.Folder), State: r.state(), Device: disk.Printable(r.log.device),
			Alert: r.alert(), Remarks: r.remarks(), Advice: r.log.advice, Gaps: r.trouble,
		}
		if r.problem != "" {
			c.Gaps = append([]string{r.problem}, c.Gaps...)
		}
		list = append(list, c)
	}
	return list
}

// A plotted is a plot with what stands around it.
type plotted struct {
	curve
	SVG    template.HTML
	Values []plottedRun
}

// A plottedRun is what a run ends with in a plot.
type plottedRun struct {
	Number        int
	Name, Student string
	Value         string
}

// plotOf is a curve over some runs with its words, empty where none has it.
func plotOf(c curve, runs []*Run) (string, error) {
	p := plotted{curve: c}
	var lines []line
	unit := c.Unit
	if unit != "" {
		unit = " " + unit
	}
	for i, r := range runs {
		of := func(key string, dashed bool) string {
			s := r.metrics.of(key)
			if s == nil || s.last.Step == 0 {
				return ""
			}
			lines = append(lines, line{run: i, series: s, dashed: dashed})
			return digits(s.last.Value*c.times()) + unit
		}
		v := plottedRun{Number: i, Name: disk.Printable(r.Name), Value: of(c.key, false)}
		if c.student != "" {
			v.Student = of(c.student, true)
		}
		if v.Value != "" || v.Student != "" {
			p.Values = append(p.Values, v)
		}
	}
	if len(lines) == 0 {
		return "", nil
	}
	text, err := svg(c, lines, c.marks(runs), longest(runs), len(runs) == 1)
	if err != nil {
		return "", err
	}
	p.SVG = template.HTML(text)
	var out bytes.Buffer
	err = pages.ExecuteTemplate(&out, "plot", p)
	return strings.TrimSpace(out.String()), err
}

// thinning says what became of the steps of long runs; empty: there is a point for each.
func thinning(runs []*Run) string {
	for _, r := range runs {
		for _, s := range r.metrics.series {
			if !s.thinned() {
				continue
			}
			note := fmt.Sprintf("A line has at most %d points: each is the mean of some steps", mostBuckets)
			if len(runs) == 1 {
				note += ", and behind it is the span from their least to their greatest value"
			}
			return note + "."
		}
	}
	return ""
}

// longest is the last step of all runs.
func longest(runs []*Run) (steps int) {
	for _, r := range runs {
		steps = max(steps, r.metrics.steps)
	}
	return steps
}

// marks are a curve's level lines, each once.
func (c curve) marks(runs []*Run) (list []mark) {
	seen := map[string]bool{}
	add := func(at float64, words string) {
		if key := fmt.Sprint(at); !seen[key] {
			seen[key] = true
			list = append(list, mark{at, words})
		}
	}
	for _, r := range runs {
		switch c.level {
		case atLnK, atZeroToLnK:
			if lnK, ok := r.lnK(); ok {
				add(lnK, fmt.Sprintf("ln K = %.3f", lnK))
			}
			if c.level == atZeroToLnK {
				add(0, "")
			}
		case atChance:
			if s := r.metrics.of(c.chance); s != nil && s.last.Step > 0 {
				add(s.last.Value*c.times(), "chance")
			}
		}
	}
	return list
}
