package dino

import (
	"slices"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/layers"
)

// A checkpoint of another model is refused by the name of what does not fit.
func TestRestoreRefuses(t *testing.T) {
	c := tinyConfig()
	tr, _ := runTiny(t, c, settings.CropsTogether, 1, 0)
	all, err := tr.State()
	if err != nil {
		t.Fatal(err)
	}
	without := func(name string) []layers.HostTensor {
		return slices.DeleteFunc(slices.Clone(all), func(x layers.HostTensor) bool { return x.Name == name })
	}
	for want, tensors := range map[string][]layers.HostTensor{
		"student: the tensor backbone.cls_token [1 1 24] is missing":      without("student.backbone.cls_token"),
		"moment2: the tensor head.mlp.0.bias [40] is missing":             without("moment2.head.mlp.0.bias"),
		"lacks the tensor center":                                         without("center"),
		"tensor moment3.head.mlp.0.bias [40] does not belong":             append(without(""), layers.HostTensor{Name: "moment3.head.mlp.0.bias", Shape: []int{40}}),
		"teacher: the tensor head.extra [2] does not belong":              append(without(""), layers.HostTensor{Name: "teacher.head.extra", Shape: []int{2}}),
		"tensor center [3] does not belong to this model":                 append(without("center"), layers.HostTensor{Name: "center", Shape: []int{3}, Values: make([]float32, 3)}),
		"student: the tensor head.mlp.0.bias has the shape [41], this mo": append(without("student.head.mlp.0.bias"), layers.HostTensor{Name: "student.head.mlp.0.bias", Shape: []int{41}}),
	} {
		if err := tr.Restore(0, tensors); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	if err := tr.Restore(0, all); err != nil {
		t.Error(err)
	}
}
