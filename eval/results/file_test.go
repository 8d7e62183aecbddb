package results

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAppendAndRead(t *testing.T) {
	folder := t.TempDir()
	if got, passed, err := Read(folder); got != nil || passed != 0 || err != nil {
		t.Fatalf("of a folder without results: %v, %d, %v", got, passed, err)
	}
	first := Record{
		Time: time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC), Evaluation: KNN, Network: "teacher", Weights: "w", Checksum: "c", Program: "p",
		Data: "d", Seed: 7, Seconds: 1.5, Settings: map[string]any{"image_size": 224.0}, Counts: map[string]int{"images": 3},
		Values: map[string]float64{"top1_20nn": 71.5},
	}
	second := Record{Evaluation: Jaccard, Network: "untrained", Values: map[string]float64{"jaccard": 12}}
	if err := Append(folder, first); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, FileName)
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"evaluation": "kn`); err != nil { // as a killed process leaves it
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Append(folder, second); err != nil {
		t.Fatal(err)
	}
	got, passed, err := Read(folder)
	if err != nil || passed != 1 {
		t.Errorf("%d lines were passed over, want 1; %v", passed, err)
	}
	if diff := cmp.Diff([]Record{first, second}, got); diff != "" {
		t.Errorf("records differ (-want +got):\n%s", diff)
	}
}
