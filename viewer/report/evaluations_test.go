package report

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dinogpu/dinogpu/eval/results"
)

func evaluated(t *testing.T, folder string, records ...results.Record) {
	t.Helper()
	if err := results.Append(folder, records...); err != nil {
		t.Fatal(err)
	}
}

func ofKNN(network string, minute int, value float64) results.Record {
	return results.Record{
		Time: time.Date(2026, 5, 4, 3, minute, 0, 0, time.UTC), Evaluation: results.KNN, Network: network, Checksum: network, Weights: "w/teacher.safetensors",
		Data: "photos/val", Settings: map[string]any{"image_size": 28.0, "temperature": 0.07}, Values: map[string]float64{"top1_20nn": value, "top5_20nn": 97},
	}
}

var evaluationRows = regexp.MustCompile(`<tr><th><code>([^<]*)</code></th>(.*?)</tr>`)

// rowOf are a row's cells.
func rowOf(t *testing.T, page, name string) (cells []string) {
	t.Helper()
	for _, row := range evaluationRows.FindAllStringSubmatch(page, -1) {
		if row[1] == name {
			for _, cell := range regexp.MustCompile(`<td>([^<]*)</td>`).FindAllStringSubmatch(row[2], -1) {
				cells = append(cells, cell[1])
			}
			return cells
		}
	}
	t.Fatalf("there is no row %s", name)
	return nil
}

// Networks of two runs stand in one table with the paper's, the newest record of each.
func TestEvaluationsAreLinedUp(t *testing.T) {
	a, b, c := newRun(t, "a", nil), newRun(t, "b", nil), newRun(t, "c", nil)
	few := ofKNN("teacher", 1, 40)
	few.Evaluation, few.Values = results.KNNLowShot, map[string]float64{"top1_20nn": 40, "top1_20nn_sd": 1.5}
	few.Settings = map[string]any{"fraction": 0.01, "image_size": 28.0}
	evaluated(t, a, ofKNN("teacher", 1, 50), ofKNN("teacher", 2, 51.5), ofKNN("untrained", 2, 12.25), few)
	evaluated(t, b, ofKNN("teacher", 1, 61.75))
	evaluated(t, c, results.Record{Evaluation: "unheard-of", Network: "teacher", Values: map[string]float64{"x": 1.5}})
	page := pageOf(t, mustOpen(t, a), mustOpen(t, b), mustOpen(t, c))
	_, section, _ := strings.Cut(page, `<section id="results"`)
	section, _, _ = strings.Cut(section, "</section>")
	want := []string{"51.50", "12.25", "61.75", "74.5", "78.3", "76.1", "77.4"}
	if diff := cmp.Diff(want, rowOf(t, section, "top1_20nn")[:7]); diff != "" {
		t.Errorf("cells (-want +got):\n%s", diff)
	}
	for _, want := range []string{
		"photos/val <small>image_size 28, temperature 0.07</small>", "a: teacher <small>teacher.safetensors, 2026-05-04</small>", "paper: ViT-S/16 <small>ImageNet</small>",
		"40.00 ±1.50", "Not measured: c.", "<h3>k-NN, low-shot</h3>", "<h3>unheard-of</h3>", "README, released models; paper, Table 2", results.KindOf(results.KNN).Read,
	} {
		if !strings.Contains(section, want) {
			t.Errorf("the page does not hold %q", want)
		}
	}
	for _, bad := range []string{"50.00", "top5_20nn", "Other lines"} {
		if strings.Contains(section, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	if n := strings.Count(section, `class="paper"`); n != 11+2 {
		t.Errorf("%d of the paper's columns", n)
	}
}

// A file of many records is kept within bounds, the newest of it.
func TestManyEvaluations(t *testing.T) {
	folder := newRun(t, "a", nil)
	var text strings.Builder
	for i := range mostRecords + 5 {
		fmt.Fprintf(&text, `{"evaluation":"n%d","network":"teacher","values":{"x":%d}}`+"\n", i, i)
	}
	write(t, filepath.Join(folder, resultsFile), text.String())
	page := pageOf(t, mustOpen(t, folder))
	if strings.Contains(page, "<h3>n4</h3>") || !strings.Contains(page, "<h3>n5</h3>") || !strings.Contains(page, fmt.Sprintf("<h3>n%d</h3>", mostRecords+4)) {
		t.Error("the newest records are not those shown")
	}
}
