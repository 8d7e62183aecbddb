package report

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// fewTicks are gonum's without the small ones, written short: 20k for 20000.
type fewTicks struct{}

func (fewTicks) Ticks(least, greatest float64) (ticks []plot.Tick) {
	for _, t := range (plot.DefaultTicks{}).Ticks(least, greatest) {
		if !t.IsMinor() {
			ticks = append(ticks, plot.Tick{Value: t.Value, Label: short(t.Value, greatest-least)})
		}
	}
	return ticks
}

// logTicks are powers of ten, with those between unlabeled.
type logTicks struct{}

func (logTicks) Ticks(least, greatest float64) (ticks []plot.Tick) {
	for _, t := range (plot.LogTicks{Prec: -1}).Ticks(least, greatest) {
		if !t.IsMinor() {
			t.Label = short(t.Value, t.Value)
		}
		ticks = append(ticks, t)
	}
	return ticks
}

// short writes a tick's value with the digits that tell ticks of that span apart.
func short(v, span float64) string {
	unit := ""
	switch size := max(math.Abs(v), span); {
	case size >= 2e6:
		v, span, unit = v/1e6, span/1e6, "M"
	case size >= 2e4:
		v, span, unit = v/1e3, span/1e3, "k"
	}
	if v == 0 || math.Abs(v) < span*1e-9 {
		return "0"
	}
	digits := int(math.Ceil(-math.Log10(span))) + 1
	rounded := math.Round(v*math.Pow10(digits)) / math.Pow10(digits)
	return strconv.FormatFloat(rounded, 'g', -1, 64) + unit
}
