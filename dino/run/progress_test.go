package run

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/dinogpu/dinogpu/dino"
)

func TestSmoothedLoss(t *testing.T) {
	p := NewProgress(1, 1)
	for _, loss := range []float64{6, 5, 4} {
		p.smooth(loss)
	}
	if math.Abs(p.loss-5) > 1e-12 {
		t.Errorf("mean of the first three is %v, want 5", p.loss)
	}
	p.smooth(math.NaN())
	if !math.IsNaN(p.loss) {
		t.Error("a loss that is no number is hidden")
	}
	p.smooth(3)
	if p.loss != 3 {
		t.Errorf("after it: %v, want 3", p.loss)
	}
}

func TestShortDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 59*time.Second + 600*time.Millisecond: "1m00s", 250 * time.Second: "4m10s",
		2*time.Hour + 5*time.Minute: "2h05m", 76 * time.Hour: "3d04h",
	} {
		if got := ShortDuration(d); got != want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
	}
}

// Without k-NN the line shows how often moved copies were found, which no sentence of its own tells.
func TestProgressOfMeasuresWithoutLabels(t *testing.T) {
	p := NewProgress(10, 1)
	if said := p.Measured(4, UnlabeledMetrics{Step: 4, ViewsTop1Teacher: 71.25}); said != "" {
		t.Errorf("it says %q", said)
	}
	if line, _ := p.Step(dino.StepMetrics{Step: 5, Loss: 1}, time.Now()); !strings.Contains(line, "copies found 71.2 %") {
		t.Errorf("the line is %q", line)
	}
	p.Measured(5, EvalMetrics{Step: 5, KNNTeacher: 80})
	if line, _ := p.Step(dino.StepMetrics{Step: 6, Loss: 1}, time.Now()); strings.Contains(line, "copies") || !strings.Contains(line, "k-NN 80.0 %") {
		t.Errorf("with k-NN the line is %q", line)
	}
}
