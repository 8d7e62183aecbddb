package dino

import (
	"math"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// Schedules are the values that change from step to step: rate and weight
// decay and the teacher's momentum along one cosine each, by optimizer step;
// the teacher's temperature, the freeze of the last layer and of the backbone, by epoch.
// Source: DINO's cosine_scheduler, quirks included.
type Schedules struct {
	LR, WeightDecay, Momentum cosine

	temp     tempWarmup
	freeze   int // of the last layer, steps
	headOnly int // of the backbone, steps
	perEpoch int
}

// StepValues are the schedules' values at one optimizer step.
type StepValues struct {
	Step, Epoch    int // both from 0
	LR             float64
	WeightDecay    float64
	Momentum       float64
	TeacherTemp    float64
	LastLayerSteps int // that the last layer has taken once this one is done; 0 while it is frozen
	BackboneSteps  int // the same of the backbone, which is frozen while the head warms up
}

// NewSchedules lays the schedules over a run of that many optimizer steps per
// epoch.
func NewSchedules(c settings.Config, stepsPerEpoch int) Schedules {
	total := c.Epochs * stepsPerEpoch
	return Schedules{
		LR:          cosine{Base: c.ScaledLR(), Final: c.MinLR, Warmup: c.WarmupEpochs * stepsPerEpoch, Total: total},
		WeightDecay: cosine{Base: c.WeightDecay, Final: c.WeightDecayEnd, Total: total},
		Momentum:    cosine{Base: c.MomentumTeacher, Final: 1, Total: total},
		temp:        tempWarmup{Start: c.WarmupTeacherTemp, End: c.TeacherTemp, Epochs: c.WarmupTeacherTempEpochs},
		freeze:      c.FreezeLastLayer * stepsPerEpoch,
		headOnly:    c.HeadWarmupEpochs * stepsPerEpoch,
		perEpoch:    stepsPerEpoch,
	}
}

// Steps is the number of optimizer steps of the whole run.
func (s Schedules) Steps() int { return s.LR.Total }

// At gives the values of a step, counted from 0.
func (s Schedules) At(step int) StepValues {
	epoch := step / s.perEpoch
	return StepValues{
		Step:           step,
		Epoch:          epoch,
		LR:             s.LR.At(step),
		WeightDecay:    s.WeightDecay.At(step),
		Momentum:       s.Momentum.At(step),
		TeacherTemp:    s.temp.At(epoch),
		LastLayerSteps: max(0, step+1-s.freeze),
		BackboneSteps:  max(0, step+1-s.headOnly),
	}
}

// A cosine rises linearly from 0 to Base over Warmup steps, then falls (or
// rises) along half a cosine from Base towards Final.
//
// As in the reference both ends of the rise are included, so that Base comes
// twice, and Final is approached but not reached at the last step.
type cosine struct {
	Base, Final   float64
	Warmup, Total int
}

// At gives the value of a step, counted from 0; steps after the last give the
// last one's.
func (c cosine) At(step int) float64 {
	step = min(step, c.Total-1)
	if step < c.Warmup {
		if c.Warmup == 1 {
			return 0 // numpy's linspace of one value is its start
		}
		return c.Base * float64(step) / float64(c.Warmup-1)
	}
	i, n := step-c.Warmup, c.Total-c.Warmup
	return c.Final + 0.5*(c.Base-c.Final)*(1+math.Cos(math.Pi*float64(i)/float64(n)))
}

// A tempWarmup goes linearly from Start to End over Epochs epochs, the last of
// which already has End, and stays there.
type tempWarmup struct {
	Start, End float64
	Epochs     int
}

// At gives the temperature of an epoch, counted from 0.
func (t tempWarmup) At(epoch int) float64 {
	switch {
	case epoch >= t.Epochs:
		return t.End
	case t.Epochs == 1:
		return t.Start // numpy's linspace of one value is its start
	default:
		return t.Start + (t.End-t.Start)*float64(epoch)/float64(t.Epochs-1)
	}
}
