package results

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func at(minute int) time.Time { return time.Date(2026, 5, 4, 3, minute, 0, 0, time.UTC) }

// knn is a record of k-NN.
func knn(minute int, network, checksum string, size, value float64) Record {
	return Record{
		Time: at(minute), Evaluation: KNN, Network: network, Checksum: checksum, Data: "val", Weights: checksum + ".dino",
		Settings: map[string]any{"image_size": size, "temperature": 0.07}, Values: map[string]float64{"top1_20nn": value, "top5_20nn": 99, "top1_5nn": value - 1},
	}
}

// values are the first value of each column of a group.
func values(g Group) (list []float64) {
	for _, c := range g.Columns {
		list = append(list, c.Values["top1_20nn"])
	}
	return list
}

// The newest of each network counts, in the order of the runs and their networks.
func TestLineUpTakesTheNewest(t *testing.T) {
	groups := LineUp([]Run{
		{Name: "a", Records: []Record{knn(9, "untrained", "u", 28, 20), knn(5, "teacher", "t", 28, 41), knn(4, "teacher", "t", 28, 40), knn(5, "student", "s", 28, 39), knn(2, "teacher", "old", 28, 30)}},
		{Name: "empty"},
		{Name: "b", Records: []Record{knn(1, "teacher", "x", 28, 50), knn(1, "teacher", "x", 28, 51)}},
	})
	if len(groups) != 1 {
		t.Fatalf("%d groups: %+v", len(groups), groups)
	}
	g := groups[0]
	if diff := cmp.Diff([]float64{41, 30, 39, 20, 51}, values(g)); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"top1_5nn", "top1_20nn"}, g.Keys); diff != "" {
		t.Errorf("keys: %s", diff)
	}
	if len(g.Missing) != 0 || len(g.Paper) == 0 || Words(g.Settings) != "image_size 28, temperature 0.07" {
		t.Errorf("%+v", g)
	}
}

// What is not the same does not stand in one table; only the size that follows the weights may differ between networks.
func TestLineUpKeepsApart(t *testing.T) {
	other := knn(1, "teacher", "t", 28, 10)
	other.Settings = map[string]any{"image_size": 28.0, "temperature": 0.1}
	elsewhere := knn(1, "teacher", "t", 28, 11)
	elsewhere.Data = "elsewhere"
	jaccard := Record{Time: at(1), Evaluation: Jaccard, Network: "teacher", Checksum: "t", Data: "val", Values: map[string]float64{"jaccard": 12, "jaccard_head_0": 3}}
	unknown := Record{Time: at(1), Evaluation: "new", Network: "teacher", Checksum: "t", Data: "val", Values: map[string]float64{"b": 1, "a": 2}}
	groups := LineUp([]Run{
		{Name: "a", Records: []Record{unknown, jaccard, other, knn(1, "teacher", "t", 28, 12), elsewhere}},
		{Name: "b", Records: []Record{knn(1, "teacher", "x", 32, 13)}},
	})
	var got []string
	for _, g := range groups {
		got = append(got, g.Evaluation+" "+g.Data+" "+strings.Join(g.Keys, ",")+" of "+Words(g.Settings)+" lacks "+strings.Join(g.Missing, ","))
	}
	want := []string{
		"knn elsewhere top1_5nn,top1_20nn of image_size 28, temperature 0.07 lacks b",
		"knn val top1_5nn,top1_20nn of image_size 28, temperature 0.1 lacks b",
		"knn val top1_5nn,top1_20nn of temperature 0.07 lacks ",
		"jaccard val jaccard of  lacks b", "new val a,b of  lacks b",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("groups (-want +got):\n%s", diff)
	}
	if c := groups[2].Columns; len(c) != 2 || c[0].Settings["image_size"] != 28.0 || c[1].Settings["image_size"] != 32.0 || len(c[0].Settings) != 1 {
		t.Errorf("%+v", c)
	}
	// one network at two sizes stands in two tables
	groups = LineUp([]Run{{Name: "a", Records: []Record{knn(1, "teacher", "t", 28, 12), knn(1, "teacher", "t", 56, 14)}}})
	if len(groups) != 2 || len(groups[0].Columns) != 1 || len(groups[1].Columns) != 1 {
		t.Errorf("%+v", groups)
	}
}

// Published numbers lie under keys that tables show, are percent, and say where they stand.
func TestPaper(t *testing.T) {
	evaluations := map[string]bool{}
	for _, p := range Paper {
		evaluations[p.Evaluation] = true
		keys := KindOf(p.Evaluation).mainKeys(keysOf(p.Values))
		if len(keys) != len(p.Values) || p.Source == "" || p.Data == "" || p.Model == "" {
			t.Errorf("%+v", p)
		}
		for key, v := range p.Values {
			if !(v > 1 && v < 100) || p.Text(key) == "" || !slices.ContainsFunc(KindOf(p.Evaluation).Main, func(pattern string) bool { return matches(pattern, key) }) {
				t.Errorf("%s: %g of %+v", key, v, p)
			}
		}
	}
	for _, k := range Kinds {
		if !evaluations[k.Evaluation] || k.Title == "" || k.Read == "" {
			t.Errorf("%+v has nothing published, or no words", k)
		}
	}
}

func keysOf(values map[string]float64) (keys []string) {
	for key := range values {
		keys = append(keys, key)
	}
	return keys
}

func TestPaperFor(t *testing.T) {
	count := func(r Record) (n int) { return len(PaperFor(r)) }
	for path, want := range map[string]int{"data/roxford5k": 3, "data/RParis6k": 3, "data/places": 6, "paris/oxford": 6} {
		if got := count(Record{Evaluation: Retrieval, Data: path}); got != want {
			t.Errorf("%s: %d published, want %d", path, got, want)
		}
	}
	few := Record{Evaluation: KNNLowShot, Settings: map[string]any{"fraction": 0.01}}
	if got := PaperFor(few); len(got) != 2 || got[0].Values["top1_20nn"] != 61.3 {
		t.Errorf("1 %%: %+v", got)
	}
	few.Settings = map[string]any{"shots": 1.0}
	if count(few) != 0 || count(Record{Evaluation: "new"}) != 0 {
		t.Error("what is published of other settings or evaluations stands beside it")
	}
}

func TestText(t *testing.T) {
	c := Column{Values: map[string]float64{"a": 61.236, "a_sd": 0.5, "b": 3, "big": 1e300}}
	for key, want := range map[string]string{"a": "61.24 ±0.50", "b": "3.00", "c": "", "big": "1e+300"} {
		if got := c.Text(key); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	if got := Words(map[string]any{"b": "x", "a": 0.07}); got != "a 0.07, b x" {
		t.Errorf("%q", got)
	}
	if math.Abs(Paper[0].Values["top1_20nn"]-74.5) > 0 || Paper[0].Text("top1_20nn") != "74.5" || Paper[0].Text("top1_5nn") != "" {
		t.Errorf("%+v", Paper[0])
	}
}
