package main

import (
	"time"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// A deathKind says how a training process ended that did not end by itself.
type deathKind string

const (
	died    deathKind = "died"    // it crashed, or its device failed
	killed  deathKind = "killed"  // by the system, or by hand
	hung    deathKind = "hung"    // no step came any more
	starved deathKind = "starved" // it ran out of memory
	absent  deathKind = "absent"  // there was no adapter, as for a while after a driver was reset
)

// A death is what is known of one.
type death struct {
	kind  deathKind
	words string // of the process, or what stands for them
	saved int    // the step of the run's newest checkpoint; -1: there is none
}

// memorySetup is what of a run's settings decides how much memory a step takes.
type memorySetup struct {
	Apart             bool
	Batch, Accumulate int
}

// less is the next setup that takes less memory and learns the same; ok is false where there is none.
func (m memorySetup) less() (next memorySetup, ok bool) {
	if !m.Apart {
		m.Apart = true
		return m, true
	}
	for parts := 2; parts <= m.Batch; parts++ {
		if m.Batch%parts == 0 {
			m.Batch, m.Accumulate = m.Batch/parts, m.Accumulate*parts
			return m, true
		}
	}
	return m, false
}

// flagsFrom are the flags that make this setup of another one.
func (m memorySetup) flagsFrom(before memorySetup) []string {
	var flags []string
	if m.Apart && !before.Apart {
		flags = append(flags, "--crops", string(settings.CropsApart))
	}
	if m.Batch != before.Batch {
		flags = append(flags, "--batch-size", settings.Text(m.Batch), "--accumulate", settings.Text(m.Accumulate))
	}
	return flags
}

// A restartPolicy decides what follows a death.
type restartPolicy struct {
	most  int // restarts in a row without a newer checkpoint
	tried int // so far
	saved int // the newest checkpoint's step at the last death, or where the first process began
	kind  deathKind
}

// after decides. The setup is that of the process which died, next that of the one that follows after a pause. ok is false
// where it is enough.
//
// A process that was killed once goes on as it was; one that is killed again without having got on was most likely killed
// for its memory, and goes on with less.
func (p *restartPolicy) after(d death, setup memorySetup) (next memorySetup, pause time.Duration, ok bool) {
	again := p.tried > 0
	if d.saved > p.saved {
		p.tried, again = 0, false
	}
	before := p.kind
	p.saved, p.kind = d.saved, d.kind
	if p.tried >= p.most {
		return setup, 0, false
	}
	pause = restartPause << p.tried // a driver that was reset takes its time
	p.tried++
	if d.kind == starved || d.kind == killed && again && before == killed {
		if less, ok := setup.less(); ok {
			setup = less
		}
	}
	return setup, pause, true
}

// restartPause lies before the first restart, twice as much before the next.
const restartPause = time.Second
