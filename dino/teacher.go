package dino

import (
	"fmt"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// A teacherRule says how the teacher follows the student (paper, section 5.2 and figure 6).
type teacherRule struct {
	// rate is how much of the way to the student the teacher goes at a step: 1 - momentum.
	rate func(v StepValues, perEpoch int) float64
	// before: it goes there before the student's own step.
	before bool
}

// teacherRules are the rules, by name.
var teacherRules = map[settings.Teacher]teacherRule{
	settings.TeacherMomentum:          {rate: func(v StepValues, _ int) float64 { return 1 - v.Momentum }},
	settings.TeacherCopy:              {rate: always},
	settings.TeacherPreviousIteration: {rate: always, before: true},
	settings.TeacherPreviousEpoch: {rate: func(v StepValues, perEpoch int) float64 {
		if (v.Step+1)%perEpoch == 0 {
			return 1
		}
		return 0
	}},
}

func always(StepValues, int) float64 { return 1 }

// ruleOf is the rule that c names. A teacher that sees no crops is a copy of the student, for whoever evaluates the run.
func ruleOf(c settings.Config, sees bool) (teacherRule, error) {
	name := c.Teacher
	if !sees {
		name = settings.TeacherCopy
	}
	rule, ok := teacherRules[name]
	if !ok {
		return rule, fmt.Errorf("there is no `teacher` %q", name)
	}
	return rule, nil
}
