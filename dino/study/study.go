// Package study knows the paper's comparisons (arXiv 2104.14294): which runs each is made of, what was published of them, and
// how to read what comes out at another size. It trains nothing.
package study

import (
	"fmt"
	"strings"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// A Study is a comparison of runs that differ in one thing.
type Study struct {
	Name     string
	Title    string
	Source   string // where the paper has it
	Question string
	// Reading says what to look for in the numbers, and what a small run can and cannot show.
	Reading string
	Rows    []Row
}

// A Row is one of a study's runs, of which there is one for each seed.
type Row struct {
	Name, Title string
	// Changes are what differs from the settings that all rows share. An error says that those have no such row.
	Changes func(c settings.Config) ([]Change, error)
	Paper   map[string]float64 // published accuracies, percent, by what they are of: "k-NN", "linear"
}

// A Change is a setting and its value, as Settings.Set takes them.
type Change struct{ Key, Text string }

// Named is the study of that name.
func Named(name string) (Study, error) {
	var names []string
	for _, s := range All() {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Study{}, fmt.Errorf("there is no study %q; the studies are %s", name, strings.Join(names, ", "))
}

// Pick keeps the rows of these names, in the study's order; none named keeps all.
func (s Study) Pick(names []string) (Study, error) {
	if len(names) == 0 {
		return s, nil
	}
	wanted := map[string]bool{}
	for _, n := range names {
		wanted[n] = true
	}
	var rows []Row
	var all []string
	for _, r := range s.Rows {
		all = append(all, r.Name)
		if wanted[r.Name] {
			rows = append(rows, r)
			delete(wanted, r.Name)
		}
	}
	for n := range wanted {
		return s, fmt.Errorf("study %s has no row %q; its rows are %s", s.Name, n, strings.Join(all, ", "))
	}
	s.Rows = rows
	return s, nil
}

// Apply gives the settings of a row from those that all share.
func (r Row) Apply(s settings.Settings) (settings.Settings, error) {
	changes, err := r.Changes(s.Config)
	if err != nil {
		return s, err
	}
	for _, c := range changes {
		if c.Key == "method" {
			if err := s.TakeMethod(c.Text); err != nil {
				return s, err
			}
		}
	}
	for _, c := range changes {
		if err := s.Set(c.Key, c.Text); err != nil {
			return s, err
		}
	}
	return s, s.Validate()
}

// fixed are changes that hang on nothing: keys, each with its text behind it.
func fixed(pairs ...string) func(settings.Config) ([]Change, error) {
	var list []Change
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, Change{pairs[i], pairs[i+1]})
	}
	return func(settings.Config) ([]Change, error) { return list, nil }
}

func knn(v float64) map[string]float64 { return map[string]float64{"k-NN": v} }

func linear(v float64) map[string]float64 { return map[string]float64{"linear": v} }

func both(knn, linear float64) map[string]float64 {
	return map[string]float64{"k-NN": knn, "linear": linear}
}
