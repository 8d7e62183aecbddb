package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
)

// mostResults is how many lines of results.jsonl are shown, the newest.
const mostResults = 50

// mostValues is how many values of one line are shown.
const mostValues = 40

// A result is an evaluation: the values of a line of results.jsonl, those of objects within it by dotted names.
type result []value

type value struct{ Key, Text string }

// results are the evaluations of a run.
type results struct{ list []result }

// take takes in a line; what is no object is passed over.
func (r *results) take(line []byte) {
	var fields map[string]any
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if d.Decode(&fields) != nil {
		return
	}
	var values result
	flatten("", fields, &values)
	if len(values) == 0 {
		return
	}
	r.list = append(r.list, values)
	if over := len(r.list) - mostResults; over > 0 {
		r.list = append(r.list[:0], r.list[over:]...)
	}
}

func flatten(prefix string, v any, to *result) {
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
