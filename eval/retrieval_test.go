package eval

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dinogpu/dinogpu/testdata/golden"
)

// goldenRetrieval is retrieval.json.
type goldenRetrieval struct {
	Gnd     []Relevance
	Results map[string]struct {
		MAP       float64       `json:"map"`
		MP        [3]float64    `json:"mp_at_1_5_10"`
		AP        []*float64    `json:"ap"`
		Precision []*[3]float64 `json:"p_at_1_5_10"`
		Used      int           `json:"queries_used"`
	}
}

func openGoldenRetrieval(t *testing.T) (r goldenRetrieval) {
	t.Helper()
	raw, err := os.ReadFile(golden.Path(t, "retrieval.json"))
	if err == nil {
		err = json.Unmarshal(raw, &r)
	}
	if err != nil || len(r.Gnd) != 9 || len(r.Results) != 3 {
		t.Fatalf("retrieval.json: %v", err)
	}
	return r
}

// goldenRankings ranks the golden features on the device.
func goldenRankings(t *testing.T) [][]int {
	t.Helper()
	d, g := device(t), golden.Open(t, "retrieval.safetensors")
	dim := g.Shape("database")[1]
	var orders [][]int
	want := g.Float32s("similarity")
	n, queries := g.Shape("similarity")[0], g.Shape("similarity")[1]
	err := galleryOf(t, g.Float32s("database"), dim).cosines(context.Background(), d, galleryOf(t, g.Float32s("query"), dim), func(q int, cosines []float32) {
		column := make([]float32, n)
		for i := range column {
			column[i] = want[i*queries+q]
		}
		closeTo(t, "similarity", cosines, column, 1e-6)
		orders = append(orders, ranking(cosines))
	})
	if err != nil {
		t.Fatal(err)
	}
	ranks := g.Ints("ranks")
	for q, order := range orders {
		for place, i := range order {
			if ranks[place*queries+q] != i {
				t.Fatalf("query %d has image %d at place %d, want %d", q, i, place, ranks[place*queries+q])
			}
		}
	}
	return orders
}

// Features to mAP and precision as the released code has them, by each way that the ground truth is written.
func TestRetrievalGolden(t *testing.T) {
	want := openGoldenRetrieval(t)
	orders := goldenRankings(t)
	for _, file := range []string{"lists_protocol2.pkl", "arrays_protocol2.pkl", "scalars_protocol3.pkl", "arrays_protocol4.pkl", "arrays_protocol5.pkl", "lists.json"} {
		truth, err := readTruth(golden.Path(t, "../gnd/"+file))
		if err != nil {
			t.Fatal(err)
		}
		if len(truth.database) != 60 || truth.database[59] != "d59" || truth.queries[8] != "q8" {
			t.Fatalf("%s: names %v, %v", file, truth.database, truth.queries)
		}
		var scores []QueryScore
		for q, order := range orders {
			scores = append(scores, scoreQuery(order, truth.relevant[q]))
		}
		checkRetrieval(t, file, want, scores)
	}
}

func checkRetrieval(t *testing.T, file string, want goldenRetrieval, scores []QueryScore) {
	t.Helper()
	mean, used := meanScores(scores)
	same := func(what string, got, want float64) {
		t.Helper()
		if !(math.Abs(got-want) <= 1e-9) {
			t.Errorf("%s: %s is %.12f, want %.12f", file, what, got, want)
		}
	}
	for level, name := range RetrievalLevels {
		w := want.Results[name]
		if used[level] != w.Used {
			t.Errorf("%s: %s is of %d queries, want %d", file, name, used[level], w.Used)
		}
		same(name+" mAP", mean[level].AP, w.MAP)
		for d, p := range mean[level].Precision {
			same(name+" mP", p, w.MP[d])
		}
		for q, s := range scores {
			if w.AP[q] == nil {
				if !math.IsNaN(s[level].AP) || !math.IsNaN(s[level].Precision[0]) {
					t.Errorf("%s: %s query %d has a score, and nothing is right", file, name, q)
				}
				continue
			}
			same(name+" AP", s[level].AP, *w.AP[q])
			for d, p := range s[level].Precision {
				same(name+" P", p, w.Precision[q][d])
			}
		}
	}
}

// retrievalMistakes are means over queries at the medium level: mAP and mP@10, and what they are with the mistakes that
// are usually made.
func retrievalMistakes(orders [][]int, relevant []Relevance) map[string]float64 {
	mean := func(score func(order []int, r Relevance) float64) float64 {
		var sum, n float64
		for q, order := range orders {
			if len(relevant[q].Easy)+len(relevant[q].Hard) > 0 {
				sum, n = sum+score(order, relevant[q]), n+1
			}
		}
		return sum / n
	}
	medium := func(r Relevance) []int { return slices.Concat(r.Easy, r.Hard) }
	return map[string]float64{
		"right":           mean(func(o []int, r Relevance) float64 { return scoreRanking(o, medium(r), r.Junk).AP }),
		"junk left in":    mean(func(o []int, r Relevance) float64 { return scoreRanking(o, medium(r), nil).AP }),
		"AP by steps":     mean(func(o []int, r Relevance) float64 { return stepAP(without(o, r.Junk), medium(r)) }),
		"right precision": mean(func(o []int, r Relevance) float64 { return scoreRanking(o, medium(r), r.Junk).Precision[2] }),
		"precision by 10": mean(func(o []int, r Relevance) float64 { return plainPrecision(without(o, r.Junk), medium(r), 10) }),
	}
}

// What usual mistakes come to on the golden ranking, as testdata/golden/README-evals.md says: far from what is right.
func TestRetrievalMistakes(t *testing.T) {
	lands := map[string]float64{"right": .856, "junk left in": .764, "AP by steps": .864, "right precision": .736, "precision by 10": .400}
	for name, got := range retrievalMistakes(goldenRankings(t), openGoldenRetrieval(t).Gnd) {
		if math.Abs(got-lands[name]) > 5e-4 {
			t.Errorf("%s comes to %.4f, want %.3f", name, got, lands[name])
		}
	}
}

func without(order, aside []int) []int {
	return slices.DeleteFunc(slices.Clone(order), func(i int) bool { return slices.Contains(aside, i) })
}

// stepAP is the mean of the precision at each right image.
func stepAP(order, right []int) float64 {
	var sum, found float64
	for place, i := range order {
		if slices.Contains(right, i) {
			found++
			sum += found / float64(place+1)
		}
	}
	return sum / float64(len(right))
}

// plainPrecision is the share of the first k that is right, whatever there is to find.
func plainPrecision(order, right []int, k int) float64 {
	found := 0.0
	for _, i := range order[:k] {
		if slices.Contains(right, i) {
			found++
		}
	}
	return found / float64(k)
}

// Cosines of many queries with many rows, in several chunks of each, are those of plain loops.
func TestCosinesInChunks(t *testing.T) {
	const n, queries, dim = blockRows + 70, 37, 8
	f := clustered(3, n+queries, dim, 0.7)
	bank, asked := galleryOf(t, f[:n*dim], dim), galleryOf(t, f[n*dim:], dim)
	next := 0
	err := bank.cosines(context.Background(), device(t), asked, func(q int, cosines []float32) {
		if q != next || len(cosines) != n {
			t.Fatalf("query %d comes with %d cosines, want %d with %d", q, len(cosines), next, n)
		}
		next++
		for _, i := range []int{0, 1, 777, blockRows - 1, blockRows, n - 1} {
			if want := cosineOf(f, dim, n+q, i); math.Abs(float64(cosines[i])-want) > 1e-5 {
				t.Fatalf("query %d and row %d: %g, want %g", q, i, cosines[i], want)
			}
		}
	})
	if err != nil || next != queries {
		t.Errorf("%d queries, %v", next, err)
	}
}

// Images that cannot be read are taken out of the database with what they are right or junk for, and queries count nowhere.
func TestRetrievalLeavesOut(t *testing.T) {
	d := device(t)
	photos := goldenImages(t)
	e, weights := goldenEmbedding(t, d, nil)
	run := func(database, queries imageSource, relevant ...Relevance) (RetrievalResult, []string, error) {
		var left []string
		r := &Retrieval{Database: database, Queries: queries, Relevant: relevant}
		n := Ranker{Size: 40, LeftOut: func(name string, _ error) { left = append(left, name) }}
		n.Backbone = e.config(32, 32)
		got, err := r.Rank(context.Background(), d, n, weights)
		return got, left, err
	}
	whole, _, err := run(imageSource{photos[0], photos[1], photos[2]}, imageSource{photos[2], photos[0]},
		Relevance{Easy: []int{0}, Hard: []int{2}, Junk: []int{1}}, Relevance{Easy: []int{2}})
	if err != nil {
		t.Fatal(err)
	}
	got, left, err := run(imageSource{nil, photos[0], nil, photos[1], photos[2]}, imageSource{photos[2], nil, photos[0]},
		Relevance{Easy: []int{0, 1}, Hard: []int{4}, Junk: []int{2, 3}}, Relevance{Easy: []int{1}}, Relevance{Easy: []int{4}, Junk: []int{0}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"n0", "n2", "n1"}, left); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
	if got.DatabaseLeftOut != 2 || !slices.Equal(got.LeftOut, []int{1}) || !math.IsNaN(got.Queries[1][1].AP) {
		t.Errorf("result %+v", got)
	}
	if got.Mean[1] != whole.Mean[1] || got.Queries[0][1] != whole.Queries[0][1] || got.Queries[2][1] != whole.Queries[1][1] {
		t.Errorf("with broken images %+v, without them in the set %+v", got, whole)
	}
	if _, _, err := run(imageSource{nil, photos[0]}, imageSource{photos[2]}, Relevance{Easy: []int{0}}); err == nil {
		t.Error("nothing is left to find, and there is a result")
	}
}
