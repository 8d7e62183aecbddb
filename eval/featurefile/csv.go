package featurefile

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// namesCSV is NAME.names.csv: row, name, class, error.
type namesCSV struct{ out *csv.Writer }

func newNamesCSV(f io.WriterAt) *namesCSV {
	n := &namesCSV{newCSV(f)}
	_ = n.out.Write([]string{"row", "name", "class", "error"}) // Error tells at the end
	return n
}

func newCSV(f io.WriterAt) *csv.Writer {
	return csv.NewWriter(bufio.NewWriterSize(io.NewOffsetWriter(f, 0), 1<<18)) // which it does not wrap again
}

func (n *namesCSV) add(i int, r Row) error {
	return n.out.Write(append([]string{strconv.Itoa(i)}, words(r)...))
}

func (n *namesCSV) finish() error {
	n.out.Flush()
	return n.out.Error()
}

// tableCSV is all in one: name, class, error, f0, f1, ... Values are as short as float32 allows without a loss; an image
// without features has none.
type tableCSV struct {
	out *csv.Writer
	dim int
}

func newTableCSV(f io.WriterAt, t Table) *tableCSV {
	head := []string{"name", "class", "error"}
	for i := range t.Dim {
		head = append(head, fmt.Sprint("f", i))
	}
	c := &tableCSV{newCSV(f), t.Dim}
	_ = c.out.Write(head) // Error tells at the end
	return c
}

func (c *tableCSV) add(_ int, r Row) error {
	fields := words(r)
	for k := range c.dim {
		if r.Err != nil {
			fields = append(fields, "")
			continue
		}
		fields = append(fields, strconv.FormatFloat(float64(r.Features[k]), 'g', -1, 32))
	}
	return c.out.Write(fields)
}

func (c *tableCSV) finish() error {
	c.out.Flush()
	return c.out.Error()
}

// words are a row's name, class and error.
func words(r Row) []string {
	class, wrong := r.Class, ""
	if class == "" && r.Label >= 0 {
		class = strconv.Itoa(r.Label)
	}
	if r.Err != nil {
		wrong = r.Err.Error()
	}
	return []string{text(r.Name), text(class), text(wrong)}
}

// text is s as UTF-8, which readers want and file systems do not: bytes that are none are written \xff.
func text(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		if size == 1 && r == utf8.RuneError {
			fmt.Fprintf(&b, `\x%02x`, s[0])
		} else {
			b.WriteString(s[:size])
		}
		s = s[size:]
	}
	return b.String()
}
