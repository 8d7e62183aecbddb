package report

import (
	"fmt"
	"sort"
	"strconv"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// A row is a line of a table of runs: its name, and a cell for each run.
type row struct {
	Name  string
	Cells []cell
}

// A cell is a number as people read it, the number itself, and what else there is to say.
type cell struct{ Text, Exact, More string }

// numbers are the last values of all that was measured, runs side by side.
func numbers(runs []*Run) (rows []row) {
	listed := map[string]bool{}
	add := func(key, name, unit string, what also) {
		listed[key] = true
		row := row{Name: name, Cells: make([]cell, len(runs))}
		some := false
		for i, r := range runs {
			if s := r.metrics.of(key); s != nil && s.last.Step > 0 {
				row.Cells[i], some = cellOf(s, unit, what), true
			}
		}
		if some {
			rows = append(rows, row)
		}
	}
	for _, c := range curves {
		unit := c.Unit
		if c.scale != 0 {
			unit = "" // the table has the file's own numbers
		}
		if c.student == "" {
			add(c.key, c.Title, unit, c.also)
			continue
		}
		add(c.key, c.Title+": teacher", unit, c.also)
		add(c.student, c.Title+": student", unit, c.also)
		if c.chance != "" {
			add(c.chance, c.Title+": chance", unit, alsoNothing)
		}
	}
	var others []string
	for _, r := range runs {
		for key := range r.metrics.series {
			if !listed[key] {
				listed[key] = true
				others = append(others, key)
			}
		}
	}
	sort.Strings(others)
	for _, key := range others {
		name, unit := key, ""
		if known := demoNames[key]; known != "" {
			name, unit = known, "%"
		}
		add(key, name, unit, alsoNothing)
	}
	return rows
}

// demoNames are what the demo measures at its end: 20-NN accuracies.
var demoNames = map[string]string{
	"demo_pixels": "Demo, images as they are: raw pixels", "demo_pixels_moved": "Demo, moved images: raw pixels",
	"demo_untrained": "Demo, images as they are: untrained network", "demo_untrained_moved": "Demo, moved images: untrained network",
	"demo_teacher": "Demo, images as they are: teacher", "demo_teacher_moved": "Demo, moved images: teacher",
}

func cellOf(s *series, unit string, what also) cell {
	if unit != "" {
		unit = " " + unit
	}
	c := cell{Text: digits(s.last.Value) + unit, Exact: exact(s.last.Value), More: fmt.Sprintf("at step %d", s.last.Step)}
	least, greatest, _ := s.extremes()
	switch what {
	case alsoLowest:
		c.More += fmt.Sprintf("; lowest %s at %d", digits(least.Value), least.Step)
	case alsoHighest:
		c.More += fmt.Sprintf("; highest %s at %d", digits(greatest.Value), greatest.Step)
	case alsoMean:
		c.More += fmt.Sprintf("; mean %s", digits(s.mean(0, s.last.Step)))
	}
	return c
}

// exact is a number as metrics.jsonl may have it.
func exact(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// changes are the settings that differ from the preset's in one of the runs, or between them: the cell's More is the
// preset's value where that is another.
func changes(runs []*Run) (rows []row) {
	for _, key := range (settings.Settings{}).Keys() {
		row := row{Name: key, Cells: make([]cell, len(runs))}
		differs, before := false, ""
		for i, r := range runs {
			if r.settings == nil {
				continue
			}
			value, _ := r.settings.Get(key)
			row.Cells[i].Text = value
			if value == "" {
				row.Cells[i].Text = "(empty)"
			}
			preset, err := settings.FromPreset(r.settings.Preset)
			if err == nil && key != "preset" {
				if usual, _ := preset.Get(key); usual != value {
					differs, row.Cells[i].More = true, "preset: "+usual
				}
			}
			if i > 0 && value != before {
				differs = true
			}
			before = value
		}
		if differs || key == "preset" {
			rows = append(rows, row)
		}
	}
	return rows
}
