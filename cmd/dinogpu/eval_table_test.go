package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/dinogpu/dinogpu/eval/results"
)

// evaluated leaves records in a folder.
func evaluated(t *testing.T, folder string, records ...results.Record) string {
	t.Helper()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := results.Append(folder, records...); err != nil {
		t.Fatal(err)
	}
	return folder
}

func record(evaluation, network string, values map[string]float64) results.Record {
	return results.Record{
		Time: time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC), Evaluation: evaluation, Network: network, Checksum: network, Weights: "w/" + network, Data: "some/data",
		Settings: map[string]any{"image_size": 28.0}, Values: values,
	}
}

// lineOf is the fields of the only line of a text that begins with a word.
func lineOf(t *testing.T, text, word string) []string {
	t.Helper()
	var found []string
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) > 0 && fields[0] == word {
			if found != nil {
				t.Fatalf("%q begins two lines:\n%s", word, text)
			}
			found = fields
		}
	}
	return found
}

func TestEvalTable(t *testing.T) {
	t.Chdir(t.TempDir())
	if o := dinogpu(t, nil, "eval", "table"); o.code != exitFailed || !strings.Contains(o.stderr, "there is no run at runs/latest") {
		t.Errorf("no run: exit %d, %s", o.code, o.stderr)
	}
	a, b := ranBefore(t, "a"), ranBefore(t, "b")
	if o := dinogpu(t, nil, "eval", "table", a, b); o.code != exitFailed || !strings.Contains(o.stderr, "nothing was evaluated in "+a+", "+b) {
		t.Errorf("no results: exit %d, %s", o.code, o.stderr)
	}
	evaluated(
		t, a, record(results.KNN, "teacher", map[string]float64{"top1_20nn": 61.25, "top1_10nn": 60}),
		record(results.KNN, "untrained", map[string]float64{"top1_20nn": 11.5}),
		record(results.Jaccard, "teacher", map[string]float64{"jaccard": 33.5}),
		record(results.Retrieval, "teacher", map[string]float64{"medium_map": 12, "hard_map": 3, "medium_mp10": 4}),
		record(results.KNNLowShot, "teacher", map[string]float64{"top1_20nn": 40, "top1_20nn_sd": 1.5}),
	)
	evaluated(t, b, record(results.KNN, "teacher", map[string]float64{"top1_20nn": 71.125}))
	file := filepath.Join(b, results.FileName)
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("{\"half\n\n[]\n"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	o := dinogpu(t, nil, "eval", "table", a, b)
	if o.code != exitDone || !strings.Contains(o.stderr, "passed over 2 lines of results.jsonl that no evaluation wrote") {
		t.Fatalf("exit %d: %s%s", o.code, o.stdout, o.stderr)
	}
	groups := strings.Split(o.stdout, "\n\n")
	if len(groups) != 4 || !strings.HasPrefix(groups[0], "k-NN: some/data\nimage_size 28\n") || !strings.HasPrefix(groups[3], "Objects in the attention: ") {
		t.Fatalf("%d groups:\n%s", len(groups), o.stdout)
	}
	if got := strings.Join(lineOf(t, groups[0], "top1_20nn"), " "); !strings.HasPrefix(got, "top1_20nn 61.25 11.50 71.12 74.5 78.3 76.1 77.4") {
		t.Errorf("%q of:\n%s", got, groups[0])
	}
	if got := strings.Join(lineOf(t, groups[0], "top1_10nn"), " "); got != "top1_10nn 60.00 - -" {
		t.Errorf("%q of:\n%s", got, groups[0])
	}
	for i, want := range []string{"more of the paper's networks: --json", "40.00 ±1.50", "RParis6k", "not measured: b"} {
		if !strings.Contains(groups[i], want) {
			t.Errorf("%q does not stand in:\n%s", want, groups[i])
		}
	}
	for line := range strings.Lines(o.stdout) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 100 {
			t.Errorf("%d letters: %s", n, line)
		}
	}
	checkTableJSON(t, a, file)
	checkTableOfMany(t)
}

// A file of results may be named too; JSON has all that is known.
func checkTableJSON(t *testing.T, a, file string) {
	t.Helper()
	o := dinogpu(t, nil, "eval", "table", a, file, "--json")
	var got evalTable
	d := json.NewDecoder(strings.NewReader(o.stdout))
	d.DisallowUnknownFields()
	if err := d.Decode(&got); o.code != exitDone || err != nil {
		t.Fatalf("exit %d: %v, %s", o.code, err, o.stderr)
	}
	if len(got.Runs) != 2 || got.Runs[1].Name != "b" || got.Runs[1].Damaged != 2 || got.Runs[0].Results != 5 || len(got.Groups) != 4 {
		t.Errorf("%+v", got.Runs)
	}
	knn := got.Groups[0]
	if len(knn.Columns) != 3 || knn.Columns[2].Run != "b" || knn.Columns[2].Values["top1_20nn"] != 71.125 || len(knn.Paper) < 11 {
		t.Errorf("%+v", knn)
	}
}

// More columns than fit stand below each other, hostile names do nothing, and runs without results are named.
func checkTableOfMany(t *testing.T) {
	t.Helper()
	var args []string
	for i := range 9 {
		r := record(results.KNN, "teacher", map[string]float64{"top1_20nn": float64(10 * i)})
		r.Data = "evil\x1b[2J"
		args = append(args, evaluated(t, filepath.Join("many", strings.Repeat("long-name-", 4)+string(rune('a'+i))), r))
	}
	none := filepath.Join("many", "none")
	if err := os.Mkdir(none, 0o755); err != nil {
		t.Fatal(err)
	}
	o := dinogpu(t, nil, append([]string{"eval", "table", none}, args...)...)
	if o.code != exitDone || !strings.Contains(o.stderr, none+" has no results") || strings.Contains(o.stdout, "\x1b") {
		t.Errorf("exit %d: %s%s", o.code, o.stdout, o.stderr)
	}
	if n := strings.Count(o.stdout, "top1_20nn"); n < 3 || !strings.Contains(o.stdout, "…ng-name-long-name-a") {
		t.Errorf("%d blocks:\n%s", n, o.stdout)
	}
	for line := range strings.Lines(o.stdout) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 100 {
			t.Errorf("%d letters: %s", n, line)
		}
	}
}
