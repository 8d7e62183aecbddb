package layers

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/shaders"
)

// The kernels read Scalars by their place: the WGSL struct has to name the same fields in the same order.
func TestScalarsAreLaidOutAsInWGSL(t *testing.T) {
	source, err := shaders.Source("center_update", args{"K": 4, "V4": true})
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(source, "struct Scalars {")
	body, _, _ = strings.Cut(body, "}")
	var wgsl []string
	for _, m := range regexp.MustCompile(`(\w+): f32,`).FindAllStringSubmatch(body, -1) {
		wgsl = append(wgsl, strings.ReplaceAll(m[1], "_", ""))
	}
	var s Scalars
	v := reflect.ValueOf(&s).Elem()
	if len(wgsl) != v.NumField() || len(wgsl) != scalarCount {
		t.Fatalf("WGSL has %d scalars, Go %d in %d places", len(wgsl), v.NumField(), scalarCount)
	}
	for i, name := range wgsl {
		if goName := strings.ToLower(v.Type().Field(i).Name); goName != name {
			t.Errorf("place %d: %s in WGSL, %s in Go", i, name, goName)
		}
		v.Field(i).SetFloat(float64(i + 1))
	}
	values := s.Values()
	for i, got := range values {
		if got != float32(i+1) {
			t.Errorf("%s is at another place than %d", wgsl[i], i)
		}
	}
	if scalarsOf(values) != s {
		t.Error("reading the values back gives other scalars")
	}
}

func TestScalarsTrain(t *testing.T) {
	var s Scalars
	s.Train(0.9, 0.999, 1e-8, PartSteps{Head: 3})
	if s.LastLayer != 0 || s.Backbone != 0 {
		t.Error("the last layer or the backbone is trained before its first step")
	}
	s.Train(0.9, 0.999, 1e-8, PartSteps{Head: 3, Backbone: 2, LastLayer: 1})
	first, second := corrections(0.9, 0.999, 1)
	if s.LastLayer != 1 || s.LastFirstCorrection != first || s.LastSecondCorrection != second {
		t.Errorf("the last layer's first step: %+v", s)
	}
	first, second = corrections(0.9, 0.999, 2)
	if s.Backbone != 1 || s.BackboneFirstCorrection != first || s.BackboneSecondCorrection != second {
		t.Errorf("the backbone's second step: %+v", s)
	}
	if s.FirstRate != 0.1 || s.SecondRate != 0.001 || s.FirstCorrection != float32(1/(1-0.9*0.9*0.9)) {
		t.Errorf("%+v", s)
	}
}
