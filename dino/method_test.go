package dino

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// toTheTeacher is a method in a few lines: the student's features are drawn to the teacher's.
type toTheTeacher struct {
	remembersNothing
	layers.Distance
}

func (m *toTheTeacher) Crops() (student, teacher []int)        { return firstCrops(2), firstCrops(2) }
func (m *toTheTeacher) AddParams(*layers.Params)               {}
func (m *toTheTeacher) Multiplies() (student, teacher float64) { return 0, 0 }
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
		return &toTheTeacher{Distance: layers.Distance{
			Batch: c.BatchSize, Weight: 1 / float64(2*c.BatchSize), Values: gpu.NewTensor("loss", 2*c.BatchSize),
			Deviation: gpu.NewTensor("deviation", c.Size().Dim), Sums: sh.Sums, Scalars: sh.Scalars, NonFinite: sh.NonFinite,
		}}
	}
	defer delete(methods, "mine")
	c := tinyConfig()
	c.Method, c.LocalCropsNumber = "mine", 0
	tr, losses := runTiny(t, c, settings.CropsTogether, 1, 6)
	if first, last := losses[0], losses[len(losses)-1]; !(first > 0 && last < first) {
		t.Errorf("the loss goes from %v to %v", first, last)
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

// tinyMethod is a tiny run of a method with the rest as the method wants it.
func tinyMethod(t *testing.T, method string, more ...string) settings.Config {
	t.Helper()
	flags := map[string]string{
		"method": method, "dim": "24", "depth": "2", "heads": "2", "patch_size": "7", "global_crops_size": "29", "local_crops_size": "15",
		"local_crops_number": "2", "head_hidden": "40", "head_bottleneck": "16", "out_dim": "50", "batch_size": "4", "epochs": "4",
		"warmup_epochs": "0", "drop_path_rate": "0", "lr": "0.05", "seed": "7", "queue_length": "16", "classes": "10", "epoch_queue_starts": "0",
	}
	for i := 0; i < len(more); i += 2 {
		flags[more[i]] = more[i+1]
	}
	s, err := settings.Sources{Flags: flags}.Merge()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Config.Validate(); err != nil {
		t.Fatal(err)
	}
	return s.Config
}

// eachVariant runs a test for every method and for DINO's ablations.
func eachVariant(t *testing.T, test func(t *testing.T, c settings.Config)) {
	for _, m := range settings.Methods() {
		t.Run(m.Name, func(t *testing.T) { test(t, tinyMethod(t, m.Name)) })
	}
	for name, change := range map[string][]string{
		"sinkhorn": {"centering", "sinkhorn"}, "mse": {"loss", "mse"}, "previous iteration": {"teacher", "previous-iteration"},
		"batch norm": {"use_bn_in_head", "true", "predictor", "true"}, "plain head": {"l2_bottleneck", "false", "head_activation", "relu"},
	} {
		t.Run(name, func(t *testing.T) { test(t, tinyMethod(t, settings.MethodDINO, change...)) })
	}
}

// A run that goes on from a state goes on as if it had not stopped, whatever its method keeps.
func TestEveryMethodGoesOn(t *testing.T) {
	eachVariant(t, func(t *testing.T, c settings.Config) {
		whole, losses := runTiny(t, c, settings.CropsBySize, 1, 4)
		half, _ := runTiny(t, c, settings.CropsBySize, 1, 2)
		state, err := half.State()
		if err != nil {
			t.Fatal(err)
		}
		l := tinyLoader(t, c, 1)
		rest, err := Record(c, gpu.SoftwareTarget, l.StepsPerEpoch(), Options{Crops: settings.CropsBySize})
		if err != nil {
			t.Fatal(err)
		}
		defer rest.Release()
		if err := rest.Build(whole.device); err != nil {
			t.Fatal(err)
		}
		if err := rest.Restore(2, state); err != nil {
			t.Fatal(err)
		}
		for step := range 4 {
			b, err := l.Next(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if step < 2 {
				continue
			}
			m, err := rest.Step(b)
			if err != nil {
				t.Fatal(err)
			}
			if m.Loss != losses[step] {
				t.Errorf("step %d: the loss is %v, without a stop %v", step, m.Loss, losses[step])
			}
		}
		want, err := whole.State()
		if err != nil {
			t.Fatal(err)
		}
		got, err := rest.State()
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if !slices.Equal(want[i].Values, got[i].Values) {
				t.Errorf("%s differs", want[i].Name)
			}
		}
	})
}

// Every kernel of every method makes what its twin does, as selftest runs it.
func TestEveryMethodsKernels(t *testing.T) {
	eachVariant(t, func(t *testing.T, c settings.Config) {
		for name, target := range targets {
			tests, err := RecordTests(c, target, settings.CropsAuto, 0)
			if err != nil {
				t.Fatal(err)
			}
			var s gpu.SelfTest
			if err := tests.SelfTest(context.Background(), openDevice(t), &s); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			for _, r := range s.Results {
				if r.Trouble != "" {
					t.Errorf("%s: %s: %s, error %g of %g", name, r.Kernel, r.Trouble, r.Error, r.Tolerance)
				}
			}
		}
	})
}
