package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/layers"
)

// A trainingComparison holds two runs of the same seed beside each other.
type trainingComparison struct {
	Steps   int    `json:"steps"`   // whose metrics both runs have
	Metric  string `json:"metric"`  // the first that differs; empty: none does
	Step    int    `json:"step"`    // where it does
	Tensors int    `json:"tensors"` // of both checkpoints; 0: they are of other steps, or not there
	Differ  int    `json:"differ"`  // tensors whose bytes differ
	Tensor  string `json:"tensor"`  // the first of them
	Trouble string `json:"trouble,omitempty"`
}

// compareTrainings reads what two runs left in their folders.
func compareTrainings(a, b string) *trainingComparison {
	c := &trainingComparison{}
	if err := errors.Join(c.metrics(a, b), c.checkpoints(a, b)); err != nil {
		c.Trouble = err.Error()
	}
	return c
}

// metrics compares the lines that both runs have, all but what tells times.
func (c *trainingComparison) metrics(a, b string) error {
	x, err := stepLines(a)
	if err != nil {
		return err
	}
	y, err := stepLines(b)
	if err != nil {
		return err
	}
	for c.Steps < min(len(x), len(y)) {
		first, second := x[c.Steps], y[c.Steps]
		c.Steps++
		var keys []string
		for key := range first {
			if key != "images_per_second" && key != "data_wait" && !bytes.Equal(first[key], second[key]) {
				keys = append(keys, key)
			}
		}
		if len(keys) > 0 {
			c.Metric, c.Step = slices.Min(keys), c.Steps
			return nil
		}
	}
	return nil
}

// stepLines are the metrics of a run's steps; none where it has no file. A last line may be half.
func stepLines(folder string) (lines []map[string]json.RawMessage, err error) {
	text, err := os.ReadFile(filepath.Join(folder, "metrics.jsonl"))
	if os.IsNotExist(err) {
		return nil, nil
	}
	for line := range bytes.Lines(text) {
		var m map[string]json.RawMessage
		if json.Unmarshal(line, &m) == nil && m["loss"] != nil {
			lines = append(lines, m)
		}
	}
	return lines, err
}

// checkpoints compares the last ones, where they are of one step.
func (c *trainingComparison) checkpoints(a, b string) error {
	x, err := lastCheckpoint(a)
	if err != nil || x == "" {
		return err
	}
	y, err := lastCheckpoint(b)
	if err != nil || filepath.Base(x) != filepath.Base(y) {
		return err
	}
	_, first, err := weights.ReadCheckpoint(x)
	if err != nil {
		return err
	}
	_, second, err := weights.ReadCheckpoint(y)
	if err != nil {
		return err
	}
	byName := func(t, u layers.HostTensor) int { return cmp.Compare(t.Name, u.Name) }
	slices.SortFunc(second, byName)
	for _, t := range first {
		c.Tensors++
		i, found := slices.BinarySearchFunc(second, t, byName)
		if !found || !slices.EqualFunc(t.Values, second[i].Values, func(u, v float32) bool { return math.Float32bits(u) == math.Float32bits(v) }) {
			c.Tensor = cmp.Or(c.Tensor, t.Name)
			c.Differ++
		}
	}
	return nil
}

// lastCheckpoint is the newest; empty: there is none.
func lastCheckpoint(folder string) (string, error) {
	paths, err := weights.Checkpoints(folder)
	if err != nil || len(paths) == 0 {
		return "", err
	}
	return paths[0], nil
}

func (c *trainingComparison) scrub(words func(string) string) { c.Trouble = words(c.Trouble) }

func (c *trainingComparison) text(w io.Writer) error {
	switch {
	case c.Steps == 0:
		fmt.Fprintln(w, "no step that both made")
	case c.Metric != "":
		fmt.Fprintf(w, "the metrics differ from step %d on, %s first\n", c.Step, c.Metric)
	default:
		fmt.Fprintf(w, "the metrics of %d steps are the same\n", c.Steps)
	}
	switch {
	case c.Tensors == 0:
		fmt.Fprintln(w, "no checkpoints of one step to compare")
	case c.Differ > 0:
		fmt.Fprintf(w, "%d of %d tensors of the last checkpoint differ, %s among them\n", c.Differ, c.Tensors, c.Tensor)
	default:
		fmt.Fprintf(w, "all %d tensors of the last checkpoint are the same: weights, moments, center\n", c.Tensors)
	}
	if c.Trouble != "" {
		fmt.Fprintln(w, c.Trouble)
	}
	return nil
}
