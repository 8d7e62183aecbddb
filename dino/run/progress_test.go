package run

import (
	"math"
	"testing"
	"time"
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
		if got := shortDuration(d); got != want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
	}
}
