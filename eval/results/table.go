package results

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// A Run is what some evaluations left in one folder.
type Run struct {
	Name    string   `json:"name"`
	Records []Record `json:"-"`
	Damaged int      `json:"damaged_lines,omitempty"` // passed over
}

// A Group is one evaluation of the same data with the same settings, of all runs that have it.
type Group struct {
	Evaluation string         `json:"evaluation"`
	Data       string         `json:"data"`
	Settings   map[string]any `json:"settings,omitempty"` // those that all columns share
	Keys       []string       `json:"keys"`               // of the values that a table shows, in its order
	Columns    []Column       `json:"columns"`            // never empty
	Paper      []Published    `json:"paper,omitempty"`
	Missing    []string       `json:"missing,omitempty"` // runs without it
}

// A Column is the newest record of one network of a run.
type Column struct {
	Run      string             `json:"run"`
	Network  string             `json:"network"`
	Weights  string             `json:"weights"`
	Checksum string             `json:"checksum"`
	Time     time.Time          `json:"time"`
	Seed     uint64             `json:"seed"`
	Settings map[string]any     `json:"settings,omitempty"` // that are not those of all columns
	Counts   map[string]int     `json:"counts,omitempty"`
	Values   map[string]float64 `json:"values"`
}

// followsWeights are settings that follow the weights: the size that they were trained at, the rate that is best for them.
// Networks with different ones stand in one group.
var followsWeights = []string{"image_size", "lr"}

// LineUp puts the newest records of each network side by side: groups in the order of Kinds, then of the data, columns in
// the order of the runs.
func LineUp(runs []Run) []Group {
	var groups []Group
	for _, of := range grouped(runs) {
		groups = append(groups, of.group(runs))
	}
	slices.SortStableFunc(groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(order(a.Evaluation), order(b.Evaluation)), cmp.Compare(a.Evaluation, b.Evaluation), cmp.Compare(a.Data, b.Data))
	})
	return groups
}

// placed is a record with the number of its run.
type placed struct {
	run int
	Record
}

type gathered []placed

// grouped gathers the newest record of each network of each run for each evaluation, data and settings. Records that differ
// in followsWeights alone are one group, unless one network has several of them.
func grouped(runs []Run) (list []gathered) {
	newest := map[string]placed{}
	var keys []string
	for i, run := range runs {
		for _, r := range run.Records {
			key := identity(i, r.Network, r.Checksum, r.Evaluation, r.Data, r.Settings)
			old, known := newest[key]
			if !known {
				keys = append(keys, key)
			}
			if !known || !r.Time.Before(old.Time) {
				newest[key] = placed{i, r}
			}
		}
	}
	loose := func(r Record) string {
		settings := maps.Clone(r.Settings)
		for _, key := range followsWeights {
			delete(settings, key)
		}
		return identity(r.Evaluation, r.Data, settings)
	}
	sizes, several := map[string]bool{}, map[string]bool{} // networks in a loose group, and groups that have one twice
	for _, key := range keys {
		p := newest[key]
		network := identity(loose(p.Record), p.run, p.Network, p.Checksum)
		several[loose(p.Record)] = several[loose(p.Record)] || sizes[network]
		sizes[network] = true
	}
	at := map[string]int{}
	for _, key := range keys {
		p := newest[key]
		name := loose(p.Record)
		if several[name] {
			name = identity(p.Evaluation, p.Data, p.Settings)
		}
		n, known := at[name]
		if !known {
			n = len(list)
			at[name], list = n, append(list, nil)
		}
		list[n] = append(list[n], p)
	}
	return list
}

// identity is a text that is the same for the same values.
func identity(parts ...any) string {
	text, err := json.Marshal(parts) // maps in the order of their keys
	if err != nil {
		return "" // of a value that no record read from JSON has
	}
	return string(text)
}

// roles are the networks of a run in a table's order; others come last.
var roles = []string{"teacher", "student", "untrained"}

func role(network string) int {
	if at := slices.Index(roles, network); at >= 0 {
		return at
	}
	return len(roles)
}

func (list gathered) group(runs []Run) Group {
	slices.SortStableFunc(list, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.run, b.run), cmp.Compare(role(a.Network), role(b.Network)), cmp.Compare(a.Network, b.Network), b.Time.Compare(a.Time))
	})
	first := list[0].Record
	g := Group{Evaluation: first.Evaluation, Data: first.Data, Settings: maps.Clone(first.Settings), Paper: PaperFor(first)}
	var keys []string
	measured := map[int]bool{}
	for _, p := range list {
		maps.DeleteFunc(g.Settings, func(key string, v any) bool { return identity(p.Settings[key]) != identity(v) })
		keys = slices.AppendSeq(keys, maps.Keys(p.Values))
		measured[p.run] = true
	}
	for _, p := range list {
		own := maps.Clone(p.Settings)
		maps.DeleteFunc(own, func(key string, _ any) bool { _, all := g.Settings[key]; return all })
		g.Columns = append(g.Columns, Column{runs[p.run].Name, p.Network, p.Weights, p.Checksum, p.Time, p.Seed, own, p.Counts, p.Values})
	}
	for _, p := range g.Paper {
		keys = slices.AppendSeq(keys, maps.Keys(p.Values))
	}
	g.Keys = KindOf(g.Evaluation).mainKeys(keys)
	for i, run := range runs {
		if !measured[i] && len(run.Records) > 0 {
			g.Missing = append(g.Missing, run.Name)
		}
	}
	return g
}
