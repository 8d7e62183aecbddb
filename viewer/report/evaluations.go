package report

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/eval/results"
)

// An evaluationsPart is what the page says of evaluations.
type evaluationsPart struct {
	Kinds  []evaluationKind
	Others []otherResults
}

// An evaluationKind is one evaluation, a table for each data and settings.
type evaluationKind struct {
	Title, Read string
	Tables      []evaluationTable
}

type evaluationTable struct {
	Data, Settings   string
	Columns          []evaluationColumn
	Rows             []evaluationRow
	Sources, Missing string
}

// An evaluationColumn is the head of a network's numbers.
type evaluationColumn struct {
	Number       int // of the run's color
	Run, Network string
	More         string
	Paper        bool
}

type evaluationRow struct {
	Name  string
	Cells []string
}

// otherResults are lines of a run that no evaluation of dinogpu wrote.
type otherResults struct {
	Name    string
	Results []flatResult
}

func evaluations(runs []*Run) (part evaluationsPart) {
	var all []results.Run
	number := map[string]int{}
	for i, r := range runs {
		all = append(all, results.Run{Name: r.Name, Records: r.results.records})
		number[r.Name] = i
		if len(r.results.others) > 0 {
			part.Others = append(part.Others, otherResults{disk.Printable(r.Name), r.results.others})
		}
	}
	for _, g := range results.LineUp(all) {
		kind := results.KindOf(g.Evaluation)
		last := len(part.Kinds) - 1
		if last < 0 || part.Kinds[last].Title != kind.Title {
			part.Kinds = append(part.Kinds, evaluationKind{Title: kind.Title, Read: kind.Read})
			last++
		}
		part.Kinds[last].Tables = append(part.Kinds[last].Tables, tableOf(g, number))
	}
	return part
}

// tableOf lines up the columns of a group, the runs' and then the paper's.
func tableOf(g results.Group, number map[string]int) evaluationTable {
	t := evaluationTable{Data: g.Data, Settings: results.Words(g.Settings), Sources: results.Sources(g.Paper), Missing: strings.Join(g.Missing, ", ")}
	own := map[string]bool{}
	for _, c := range g.Columns {
		more := filepath.Base(c.Weights)
		if !c.Time.IsZero() {
			more += ", " + c.Time.Format("2006-01-02")
		}
		t.Columns = append(t.Columns, evaluationColumn{Number: number[c.Run], Run: c.Run, Network: c.Network, More: more})
		for key := range c.Settings {
			own[key] = true
		}
	}
	for _, p := range g.Paper {
		t.Columns = append(t.Columns, evaluationColumn{Network: p.Model, More: p.Data, Paper: true})
	}
	for _, key := range slices.Sorted(maps.Keys(own)) {
		row := evaluationRow{Name: key}
		for _, c := range g.Columns {
			text := ""
			if v, ok := c.Settings[key]; ok {
				text = fmt.Sprint(v)
			}
			row.Cells = append(row.Cells, text)
		}
		row.Cells = append(row.Cells, make([]string, len(g.Paper))...)
		t.Rows = append(t.Rows, row)
	}
	for _, key := range g.Keys[:min(len(g.Keys), mostValues)] {
		row := evaluationRow{Name: key}
		for _, c := range g.Columns {
			row.Cells = append(row.Cells, c.Text(key))
		}
		for _, p := range g.Paper {
			row.Cells = append(row.Cells, p.Text(key))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
