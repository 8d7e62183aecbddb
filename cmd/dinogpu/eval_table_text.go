package main

import (
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/eval/results"
)

// tableWidth is the terminal that a table is written for, mostHeader the letters of a column's head.
const (
	tableWidth = 100
	mostHeader = 20
)

// A textColumn is the head of a column, line by line, and its cells.
type textColumn struct {
	head, cells []string
}

// print writes a table for each group.
func (t evalTable) print(out io.Writer) error {
	w := &tableWriter{out: out}
	for i, g := range t.Groups {
		if i > 0 {
			w.line("")
		}
		w.group(g)
	}
	return w.err
}

// A tableWriter keeps the first error.
type tableWriter struct {
	out io.Writer
	err error
}

func (w *tableWriter) line(text string) {
	if w.err == nil {
		_, w.err = fmt.Fprintln(w.out, strings.TrimRight(text, " "))
	}
}

// text writes a sentence in lines of tableWidth.
func (w *tableWriter) text(sentence string) {
	line := ""
	for _, word := range strings.Fields(disk.Printable(sentence)) {
		if line != "" && utf8.RuneCountInString(line+word) > tableWidth {
			w.line(line)
			line = ""
		}
		line += word + " "
	}
	w.line(line)
}

func (w *tableWriter) group(g results.Group) {
	w.text(results.KindOf(g.Evaluation).Title + ": " + g.Data)
	if words := results.Words(g.Settings); words != "" {
		w.text(words)
	}
	own := ownSettings(g)
	names := textColumn{cells: append(slices.Clone(own), g.Keys...)}
	blocks, more := inBlocks(names.width(), runColumns(g, own), paperColumns(g, len(own)))
	for i, block := range blocks {
		if i > 0 {
			w.line("")
		}
		w.block(names, block)
	}
	if shown := g.Paper[:len(g.Paper)-more]; len(shown) > 0 {
		w.text("paper: " + results.Sources(shown))
	}
	if more > 0 {
		w.text(fmt.Sprintf("%d more of the paper's networks: --json", more))
	}
	if len(g.Missing) > 0 {
		w.text("not measured: " + strings.Join(g.Missing, ", "))
	}
}

// block writes some columns beside the names.
func (w *tableWriter) block(names textColumn, columns []textColumn) {
	heads := 0
	for _, c := range columns {
		heads = max(heads, len(c.head))
	}
	for n := range heads + len(names.cells) {
		line := ""
		if n >= heads {
			line = names.cells[n-heads]
		}
		line += strings.Repeat(" ", names.width()-utf8.RuneCountInString(line))
		for _, c := range columns {
			cell := ""
			switch {
			case n >= heads:
				cell = c.cells[n-heads]
			case n < len(c.head):
				cell = c.head[n]
			}
			line += strings.Repeat(" ", 2+c.width()-utf8.RuneCountInString(cell)) + cell
		}
		w.line(line)
	}
}

func (c textColumn) width() (n int) {
	for _, text := range slices.Concat(c.head, c.cells) {
		n = max(n, utf8.RuneCountInString(text))
	}
	return n
}

// inBlocks puts columns into blocks no wider than the table, the paper's behind the last of the runs' as far as they fit
// there, or else in a block of their own. more are those that do not fit.
func inBlocks(names int, runs, paper []textColumn) (blocks [][]textColumn, more int) {
	width := tableWidth
	add := func(c textColumn, mayBegin bool) bool {
		if width += 2 + c.width(); width > tableWidth {
			if !mayBegin {
				return false
			}
			blocks, width = append(blocks, nil), names+2+c.width()
		}
		last := len(blocks) - 1
		blocks[last] = append(blocks[last], c)
		return true
	}
	for _, c := range runs {
		add(c, true)
	}
	for i, c := range paper {
		if !add(c, i == 0) {
			return blocks, len(paper) - i
		}
	}
	return blocks, 0
}

// ownSettings are the keys of settings that columns of a group have for themselves.
func ownSettings(g results.Group) []string {
	keys := map[string]bool{}
	for _, c := range g.Columns {
		for key := range c.Settings {
			keys[key] = true
		}
	}
	return slices.Sorted(maps.Keys(keys))
}

func runColumns(g results.Group, own []string) (list []textColumn) {
	// one network of a run is there more than once where its weights changed
	count := map[[2]string]int{}
	for _, c := range g.Columns {
		count[[2]string{c.Run, c.Network}]++
	}
	for _, c := range g.Columns {
		column := textColumn{head: []string{header(c.Run), header(c.Network)}}
		if count[[2]string{c.Run, c.Network}] > 1 {
			column.head = append(column.head, header(filepath.Base(c.Weights)), c.Time.Local().Format("2006-01-02 15:04"))
		}
		for _, key := range own {
			column.cells = append(column.cells, cell(fmt.Sprint(c.Settings[key])))
		}
		for _, key := range g.Keys {
			column.cells = append(column.cells, cell(c.Text(key)))
		}
		list = append(list, column)
	}
	return list
}

func paperColumns(g results.Group, own int) (list []textColumn) {
	data := map[string]bool{}
	for _, p := range g.Paper {
		data[p.Data] = true
	}
	for _, p := range g.Paper {
		column := textColumn{head: append([]string{"paper"}, strings.Split(p.Model, ", ")...), cells: slices.Repeat([]string{""}, own)}
		if len(data) > 1 {
			column.head = append(column.head, p.Data)
		}
		for _, key := range g.Keys {
			column.cells = append(column.cells, p.Text(key))
		}
		list = append(list, column)
	}
	return list
}

// header is a name that fits over a column: of a long one, its end.
func header(name string) string {
	letters := []rune(disk.Printable(strings.Join(strings.Fields(name), " ")))
	if len(letters) > mostHeader {
		letters = append([]rune("…"), letters[len(letters)-mostHeader+1:]...)
	}
	return string(letters)
}

// cell is what a run has, or that it has nothing.
func cell(text string) string {
	if text == "" {
		return "-"
	}
	return header(text)
}
