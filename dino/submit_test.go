package dino

import (
	"context"
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// Steps whose metrics are looked at later give the metrics of steps that are waited for, in order, at most two behind.
func TestMetricsComeLater(t *testing.T) {
	_, want := runTiny(t, tinyConfig(), settings.CropsTogether, 1, 8)
	l := tinyLoader(t, tinyConfig(), 1)
	tr, _ := runTiny(t, tinyConfig(), settings.CropsTogether, 1, 0)
	var got []StepMetrics
	for n := range 8 {
		b, err := l.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		ready, err := tr.Submit(b)
		if err != nil {
			t.Fatal(err)
		}
		b.Release()
		if got = append(got, ready...); len(got) < n+1-metricsBehind {
			t.Errorf("after %d steps the metrics of %d are there", n+1, len(got))
		}
	}
	ready, err := tr.Finish()
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, ready...)
	if len(got) != 8 {
		t.Fatalf("%d metrics of 8 steps", len(got))
	}
	for i, m := range got {
		if m.Step != i+1 || m.Loss != want[i] {
			t.Errorf("metrics %d: step %d, loss %g, want %g", i, m.Step, m.Loss, want[i])
		}
	}
}
