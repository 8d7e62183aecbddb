package eval

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/weights/torchfile"
)

// A truth is what a ground truth's file holds.
type truth struct {
	database, queries []string
	relevant          []Relevance
}

// readTruth reads a ground truth, a pickle or JSON.
func readTruth(path string) (truth, error) {
	root, err := readPlain(path)
	if err != nil {
		return truth{}, err
	}
	t, err := truthOf(root)
	if err != nil {
		return truth{}, fmt.Errorf("the ground truth %s %w", disk.Quote(path), err)
	}
	return t, nil
}

// readPlain reads a file's values as torchfile.ReadPickle gives them; JSON's numbers are float64.
func readPlain(path string) (any, error) {
	file, size, err := disk.OpenRegular(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	head := make([]byte, min(2, size))
	if _, err := io.ReadFull(file, head); err != nil {
		return nil, disk.CannotRead(path, err)
	}
	if torchfile.IsPickle(head) {
		return torchfile.ReadPickle(path)
	}
	var root any
	d := json.NewDecoder(io.MultiReader(bytes.NewReader(head), file))
	if err := d.Decode(&root); err != nil {
		return nil, fmt.Errorf("the ground truth %s is neither a pickle of protocols 2 to 5 nor JSON (%w): fetch or write it again", disk.Quote(path), err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("the ground truth %s goes on behind its JSON: write it again", disk.Quote(path))
	}
	return root, nil
}

// truthOf holds values to the shape of a ground truth. Its errors go on behind the file's name.
func truthOf(root any) (t truth, err error) {
	all, ok := root.(map[string]any)
	if !ok {
		return t, errors.New("is no dictionary of imlist, qimlist and gnd")
	}
	if t.database, err = namesOf(all, "imlist"); err != nil {
		return t, err
	}
	if t.queries, err = namesOf(all, "qimlist"); err != nil {
		return t, err
	}
	list, ok := all["gnd"].([]any)
	switch {
	case !ok:
		return t, errors.New("has no list gnd, of a dictionary for each query")
	case len(list) != len(t.queries):
		return t, fmt.Errorf("has %d queries in qimlist, and gnd is of %d: they go together one by one", len(t.queries), len(list))
	}
	wanted := 0
	for q, item := range list {
		r, err := relevanceOf(item)
		if err == nil {
			err = r.check(len(t.database))
		}
		if err != nil {
			return t, fmt.Errorf("is wrong about query %d, %s: it %w", q, disk.Quote(t.queries[q]), err)
		}
		wanted += len(r.Easy) + len(r.Hard)
		t.relevant = append(t.relevant, r)
	}
	if wanted == 0 {
		return t, errNothingToFind
	}
	return t, nil
}

// namesOf is a list of names, each there once.
func namesOf(all map[string]any, key string) ([]string, error) {
	list, ok := all[key].([]any)
	if !ok {
		return nil, fmt.Errorf("has no list %s of images' names", key)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("has an empty list %s", key)
	}
	names, seen := make([]string, 0, len(list)), map[string]bool{}
	for i, item := range list {
		name, ok := item.(string)
		switch {
		case !ok || name == "":
			return nil, fmt.Errorf("has no name at place %d of %s", i, key)
		case seen[name]:
			return nil, fmt.Errorf("has %s twice in %s", disk.Quote(name), key)
		}
		seen[name] = true
		names = append(names, name)
	}
	return names, nil
}

func relevanceOf(item any) (r Relevance, err error) {
	one, ok := item.(map[string]any)
	if !ok {
		return r, errors.New("has no dictionary of easy, hard and junk")
	}
	for _, list := range []struct {
		key string
		to  *[]int
	}{{"easy", &r.Easy}, {"hard", &r.Hard}, {"junk", &r.Junk}} {
		numbers, there := one[list.key]
		if !there {
			return r, fmt.Errorf("has no list %s: easy, hard and junk are needed, as in the revisited sets", list.key)
		}
		if *list.to, ok = numbersOf(numbers); !ok {
			return r, fmt.Errorf("has something else than a list of whole numbers as %s", list.key)
		}
	}
	return r, nil
}

// numbersOf is a list of whole numbers: a pickle's, an array of NumPy's (one without elements may be of any type), or JSON's.
func numbersOf(list any) ([]int, bool) {
	var numbers []int
	switch list := list.(type) {
	case []int64:
		for _, v := range list {
			numbers = append(numbers, int(v))
		}
	case []float64:
		return nil, len(list) == 0
	case []any:
		for _, item := range list {
			switch v := item.(type) {
			case int64:
				numbers = append(numbers, int(v))
			case float64:
				if v != math.Trunc(v) || math.Abs(v) > 1<<31 {
					return nil, false
				}
				numbers = append(numbers, int(v))
			default:
				return nil, false
			}
		}
	default:
		return nil, false
	}
	return numbers, true
}
