package run

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
)

// EvalMetrics is the line after an evaluation: top-1 of the 20-nearest-
// neighbor vote, in percent.
type EvalMetrics struct {
	Step       int     `json:"step"`
	KNNTeacher float64 `json:"knn_teacher"`
	KNNStudent float64 `json:"knn_student"`
}

// UnlabeledMetrics is the line after measures without labels, of M images (eval.Views).
type UnlabeledMetrics struct {
	Step             int     `json:"step"`
	RankMeTeacher    float64 `json:"rankme_teacher"`     // effective rank of the features
	RankMeStudent    float64 `json:"rankme_student"`     //
	ViewsTop1Teacher float64 `json:"views_top1_teacher"` // moved copies whose nearest image is their original, percent
	ViewsTop1Student float64 `json:"views_top1_student"` //
	ViewsTop1Chance  float64 `json:"views_top1_chance"`  // by guessing: 100 / M
	PrototypesUsed   float64 `json:"prototypes_used"`    // by the teacher, for one of the 2 M views at least
}

// flatJSON writes the tagged fields of a struct in their order. JSON has no
// word for what is not a number: NaN and the infinities become null, so that a
// run that goes wrong leaves a file that still reads. An optional number that is
// NaN is left out.
func flatJSON(v any) ([]byte, error) {
	value := reflect.ValueOf(v)
	if value.Kind() != reflect.Struct {
		panic(fmt.Sprintf("dino: a metrics line is a struct, not %T", v))
	}
	var out bytes.Buffer
	for i := range value.NumField() {
		if absent(value, i) {
			continue
		}
		text, err := jsonValue(value.Field(i).Interface())
		if err != nil {
			return nil, fmt.Errorf("metrics: %w", err)
		}
		separator := byte(',')
		if i == 0 {
			separator = '{'
		}
		out.WriteByte(separator)
		fmt.Fprintf(&out, "%q:%s", value.Type().Field(i).Tag.Get("json"), text)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// absent tells whether a field is a number that this line does not have.
func absent(line reflect.Value, i int) bool {
	v, ok := line.Field(i).Interface().(float64)
	_, optional := line.Type().Field(i).Tag.Lookup("optional")
	return ok && optional && math.IsNaN(v)
}

func jsonValue(v any) ([]byte, error) {
	if f, ok := v.(float64); ok && (math.IsNaN(f) || math.IsInf(f, 0)) {
		return []byte("null"), nil
	}
	return json.Marshal(v)
}
