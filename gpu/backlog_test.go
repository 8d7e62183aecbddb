package gpu

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

// simulated is a device that runs submissions one after the other beside the host, in a time of its own.
type simulated struct {
	time     time.Time
	b        *backlog
	ends     []time.Time   // of each submission
	free     time.Time     // the device has nothing to do from then on
	idleTime time.Duration // it had nothing to do between submissions
	hung     bool
	retired  []uint64
	drains   int // polls that found it busy
}

func newSimulated(software bool) *simulated {
	s := &simulated{time: time.Unix(0, 0)}
	s.b = &backlog{
		driver: s, software: software, seconds: submissionSeconds, rate: 2e9,
		clock:   clock{func() time.Time { return s.time }, func(d time.Duration) { s.time = s.time.Add(max(d, time.Millisecond)) }},
		retired: func(done submission) { s.retired = append(s.retired, done.index) },
	}
	return s
}

func (s *simulated) idle() bool {
	s.time = s.time.Add(time.Microsecond)
	if s.hung {
		s.drains++
		return false
	}
	return !s.free.After(s.time)
}

func (s *simulated) await(index uint64) {
	if s.hung {
		s.time = s.time.Add(5 * time.Second)
		return
	}
	if end := s.ends[index]; end.After(s.time) {
		s.time = end
	}
}

// submit hands over work that the host records and the device runs for so long.
func (s *simulated) submit(t *testing.T, w submission, host, device time.Duration) {
	t.Helper()
	s.time = s.time.Add(host)
	s.b.submitting()
	w.index, w.at = uint64(len(s.ends)), s.time
	begin := s.free
	if begin.Before(s.time) {
		s.idleTime += s.time.Sub(begin)
		begin = s.time
	}
	s.free = begin.Add(device)
	s.ends = append(s.ends, s.free)
	if err := s.b.add(w); err != nil {
		t.Fatal(err)
	}
}

// A GPU always has the next submission waiting while the host records the one after it, never more than a few, and what is
// submitted comes back in its order. Its rate is learned although it is never seen idle.
func TestBacklogIsToppedUp(t *testing.T) {
	s := newSimulated(false)
	s.free = s.time
	const rate = 8e10
	for n := range 400 {
		cost := s.b.rate * s.b.seconds
		s.submit(t, submission{cost: cost}, 5*time.Millisecond, time.Duration(cost/rate*1e9))
		if n < 20 {
			s.idleTime = 0 // the rate is not known yet
		}
		ahead := s.free.Sub(s.time)
		if n > 200 && (ahead <= 0 || ahead.Seconds() > 3*s.b.seconds) {
			t.Fatalf("submission %d: the device has work for %s", n, ahead)
		}
	}
	if math.Abs(s.b.rate/rate-1) > 0.02 {
		t.Errorf("the rate is %g, it was taken for %g", rate, s.b.rate)
	}
	if s.idleTime > 0 {
		t.Errorf("the device had nothing to do for %s", s.idleTime)
	}
	if err := s.b.drain(false); err != nil || len(s.retired) != 400 {
		t.Errorf("%d of 400 came back: %v", len(s.retired), err)
	}
	for i, index := range s.retired {
		if index != uint64(i) {
			t.Fatalf("number %d came back in place %d", index, i)
		}
	}
}

// Steps that are short beside what may wait: whoever waits for an early one gets it while later ones run.
func TestBacklogGivesOneSubmissionWithoutTheLater(t *testing.T) {
	s := newSimulated(false)
	for range 6 {
		s.submit(t, submission{cost: 1e6}, 50*time.Microsecond, time.Millisecond)
	}
	if err := s.b.until(2); err != nil {
		t.Fatal(err)
	}
	if len(s.retired) != 3 || s.time.Before(s.ends[2]) || !s.time.Before(s.ends[3]) {
		t.Errorf("%d came back at %s, submission 2 ended at %s", len(s.retired), s.time, s.ends[2])
	}
	if err := s.b.until(1); err != nil || len(s.retired) != 3 {
		t.Errorf("what came back already is waited for again: %d, %v", len(s.retired), err)
	}
	for len(s.b.out) < maxInFlight-1 {
		s.submit(t, submission{cost: 1}, 0, time.Millisecond)
	}
	s.submit(t, submission{cost: 1}, 0, time.Millisecond)
	if len(s.b.out) != maxInFlight-1 {
		t.Errorf("%d are in flight, fewer than %d should be", len(s.b.out), maxInFlight)
	}
}

// A device that never comes back is an error that names the program, after a minute where all kernels have run before and
// later where one compiles; from then on nothing waits any more.
func TestBacklogHasADeadline(t *testing.T) {
	for _, c := range []struct {
		name     string
		software bool
		cold     bool
		want     time.Duration
	}{{"warm", false, false, time.Minute}, {"cold", false, true, 10 * time.Minute}, {"software", true, false, 10 * time.Minute}} {
		t.Run(c.name, func(t *testing.T) {
			s := newSimulated(c.software)
			s.hung = true
			s.submit(t, submission{what: "program crops", cold: c.cold}, 0, 0)
			s.submit(t, submission{what: "program update"}, 0, 0)
			start := s.time
			err := s.b.until(0)
			var device *DeviceError
			if !errors.As(err, &device) || !strings.Contains(err.Error(), "program crops within") {
				t.Fatalf("the error is %v", err)
			}
			if took := s.time.Sub(start); took < c.want || took > c.want+6*time.Second {
				t.Errorf("it came after %s, not %s", took, c.want)
			}
			if len(s.retired) != 0 {
				t.Errorf("%d came back", len(s.retired))
			}
			start = s.time
			if again := errors.Join(s.b.drain(true), s.b.until(1)); again == nil || s.time != start {
				t.Errorf("afterwards it waits for %s: %v", s.time.Sub(start), again)
			}
		})
	}
}

// Measuring does not sleep on a GPU: the end is seen within microseconds.
func TestMeasuringSpins(t *testing.T) {
	for _, measure := range []bool{true, false} {
		s := newSimulated(false)
		s.submit(t, submission{cost: 1}, 0, 20*time.Millisecond+500*time.Microsecond)
		if err := s.b.drain(measure); err != nil {
			t.Fatal(err)
		}
		if late := s.time.Sub(s.ends[0]); measure != (late <= 5*time.Microsecond) || late > 2*time.Millisecond {
			t.Errorf("measuring %v: the end is seen %s late", measure, late)
		}
	}
}

// What a compiler took says nothing of the rate, and neither does a moment at which work may have been done for long, unless
// it shows that the device is faster.
func TestRateIsLearnedFromWhatIsSeen(t *testing.T) {
	s := newSimulated(false)
	s.submit(t, submission{cost: 1e9, cold: true}, 0, 10*time.Second)
	if err := s.b.drain(false); err != nil || s.b.rate != 2e9 {
		t.Errorf("after compiling the rate is %g: %v", s.b.rate, err)
	}
	s.submit(t, submission{cost: 1e6}, 0, time.Microsecond)
	s.submit(t, submission{cost: 1e8}, time.Second, time.Second)
	s.submit(t, submission{cost: 1e8}, 0, time.Second)
	s.time = s.time.Add(1500 * time.Millisecond)
	if err := s.b.until(2); err != nil || s.b.rate > 2.01e9 || s.b.rate < 2e9 {
		t.Errorf("after work that was found done the rate is %g: %v", s.b.rate, err)
	}
}
