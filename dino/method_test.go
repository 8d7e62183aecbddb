package dino

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// toTheTeacher is a method in a few lines: the student's features are drawn to the teacher's.
type toTheTeacher struct{ layers.Distance }

func (m *toTheTeacher) Crops() (student, teacher []int)        { return firstCrops(2), firstCrops(2) }
func (m *toTheTeacher) AddParams(*layers.Params)               {}
func (m *toTheTeacher) Multiplies() (student, teacher float64) { return 0, 0 }
func (m *toTheTeacher) Begin(*Recording)                       {}
func (m *toTheTeacher) Update(*Recording)                      {}
func (m *toTheTeacher) Kept() []Kept                           { return nil }
func (m *toTheTeacher) Tensors() []gpu.Tensor                  { return []gpu.Tensor{m.Values, m.Deviation} }
func (m *toTheTeacher) Metrics(sums []float64, s *StepMetrics) { s.OutputStd = sums[1] }
func (m *toTheTeacher) Batch(r *Recording) {
	targets := layers.Concat(r.Program, r.TeacherFeatures()...)
	features, backward := r.Joined(r.StudentPasses())
	backward(m.Student(r.Program, features, targets, 0))
	m.Spread(r.Program, targets)
	m.Sum(r.Program)
}

// A method that is no part of the program trains like the others.
func TestAMethodOfOnesOwn(t *testing.T) {
	methods["mine"] = func(c settings.Config, sh Shared) Method {
		return &toTheTeacher{layers.Distance{
			Batch: c.BatchSize, Weight: 1 / float64(2*c.BatchSize), Values: gpu.NewTensor("loss", 2*c.BatchSize),
			Deviation: gpu.NewTensor("deviation", c.Size().Dim), Sums: sh.Sums, Scalars: sh.Scalars, NonFinite: sh.NonFinite,
		}}
	}
	defer delete(methods, "mine")
	c := tinyConfig()
	c.Method, c.LocalCropsNumber = "mine", 0
	tr, steps := runTiny(t, c, settings.CropsTogether, 1, 6)
	first, last := steps[0], steps[len(steps)-1]
	if first.Loss <= 0 || last.Loss >= first.Loss || math.IsNaN(last.OutputStd) || !math.IsNaN(last.Entropy) {
		t.Errorf("losses %v to %v, spread %v, entropy %v", first.Loss, last.Loss, last.OutputStd, last.Entropy)
	}
	for _, x := range tr.StateLayout() {
		if strings.Contains(x.Name, "head.") || x.Name == "center" {
			t.Errorf("the state has %s", x.Name)
		}
	}
}

// Each method is made under the name that settings list.
func TestMethodsAreListed(t *testing.T) {
	var listed []string
	for _, m := range settings.Methods() {
		listed = append(listed, m.Name)
	}
	slices.Sort(listed)
	if made := slices.Sorted(maps.Keys(methods)); !slices.Equal(made, listed) {
		t.Errorf("made are %v, listed %v", made, listed)
	}
}
