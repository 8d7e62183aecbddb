package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"

	"github.com/dinogpu/dinogpu/eval/results"
)

// How many lines of results.jsonl are kept, the newest: records, and others.
const (
	mostRecords = 500
	mostOthers  = 50
)

// mostValues is how many values of one line are shown.
const mostValues = 40

// A flatResult is a line of results.jsonl that no evaluation of dinogpu wrote: its values, those of objects within it by
// dotted names.
type flatResult []value

type value struct{ Key, Text string }

// measured is what a run's evaluations left.
type measured struct {
	records []results.Record
	others  []flatResult
	passed  int // lines that are no objects
}

// take takes in a line.
func (m *measured) take(line []byte) {
	if r, ok := results.Parse(line); ok {
		m.records = newest(append(m.records, r), mostRecords)
		return
	}
	var fields map[string]any
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if d.Decode(&fields) != nil {
		if len(bytes.TrimSpace(line)) > 0 {
			m.passed++
		}
		return
	}
	var values flatResult
	flatten("", fields, &values)
	if len(values) > 0 {
		m.others = newest(append(m.others, values), mostOthers)
	}
}

// newest are the last of a list.
func newest[T any](list []T, most int) []T {
	if over := len(list) - most; over > 0 {
		list = append(list[:0], list[over:]...)
	}
	return list
}

func flatten(prefix string, v any, to *flatResult) {
	if len(*to) >= mostValues {
		return
	}
	switch v := v.(type) {
	case map[string]any:
		var keys []string
		for key := range v {
			keys = append(keys, key)
		}
		sort.Strings(keys)
		if prefix != "" {
			prefix += "."
		}
		for _, key := range keys {
			flatten(prefix+key, v[key], to)
		}
	case []any:
		for i, each := range v {
			flatten(fmt.Sprintf("%s.%d", prefix, i+1), each, to)
		}
	case nil:
	default:
		*to = append(*to, value{prefix, fmt.Sprint(v)})
	}
}
