package layers

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// smallLayout has two tensors, and sample their values.
func smallLayout() (*Params, []HostTensor) {
	l := &Params{}
	l.Add(Param{Name: "a.weight", Shape: []int{3, 2}})
	l.Add(Param{Name: "a.bias", Shape: []int{3}})
	return l, []HostTensor{
		{Name: "a.weight", Shape: []int{3, 2}, Values: []float32{1, 2, 3, 4, 5, 6}},
		{Name: "a.bias", Shape: []int{3}, Values: []float32{7, 8, 9}},
	}
}

func TestArenaReadsWhatWasWritten(t *testing.T) {
	d, err := device()
	if err != nil {
		t.Fatal(err)
	}
	l, want := smallLayout()
	a := l.NewArena("arena")
	defer a.Release()
	turned := []HostTensor{want[1], want[0]} // names decide, not the order
	if err := a.Write(d, turned); err != nil {
		t.Fatal(err)
	}
	got, err := a.Read(d)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if name, err := a.FirstNotFinite(d); err != nil || name != "" {
		t.Errorf("all are finite: %q, %v", name, err)
	}
	want[1].Values[2] = float32(math.NaN())
	if err := a.Write(d, want); err != nil {
		t.Fatal(err)
	}
	if name, err := a.FirstNotFinite(d); err != nil || name != "a.bias" {
		t.Errorf("not finite is %q, %v", name, err)
	}
}

// What does not fit the layout is named, and nothing of the rest is written.
func TestArenaWriteRefuses(t *testing.T) {
	d, err := device()
	if err != nil {
		t.Fatal(err)
	}
	l, good := smallLayout()
	a := l.NewArena("arena")
	defer a.Release()
	for want, tensors := range map[string][]HostTensor{
		"a.bias [3] is missing":             good[:1],
		"a.gain [3] does not belong":        append(slices.Clone(good), HostTensor{"a.gain", []int{3}, make([]float32, 3)}),
		"a.bias is there twice":             append(slices.Clone(good), good[1]),
		"a.bias has the shape [3 1]":        {good[0], {"a.bias", []int{3, 1}, make([]float32, 3)}},
		"a.weight has the shape [2 3]":      {{"a.weight", []int{2, 3}, make([]float32, 6)}, good[1]},
		"a.bias [3] has 2 values":           {good[0], {"a.bias", []int{3}, make([]float32, 2)}},
		"the tensor a.weight [3 2] is miss": nil,
	} {
		if err := a.Write(d, tensors); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	got, err := a.Read(d)
	if err != nil || got[0].Values[0] != 0 || got[1].Values[0] != 0 {
		t.Errorf("%v: after refused writes the arena holds %v", err, got)
	}
}

func TestCheckFinite(t *testing.T) {
	_, tensors := smallLayout()
	if err := CheckFinite(tensors...); err != nil {
		t.Error(err)
	}
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		tensors[1].Values[1] = float32(bad)
		err := CheckFinite(tensors...)
		if !errors.Is(err, ErrNotFinite) || !strings.HasPrefix(err.Error(), "a.bias is not finite (element 1 is ") {
			t.Errorf("%g: %v", bad, err)
		}
	}
}

// What is named is written, what is not stays, and what does not fit is refused before anything is written.
func TestArenaOverwrite(t *testing.T) {
	d, err := device()
	if err != nil {
		t.Fatal(err)
	}
	l, want := smallLayout()
	a := l.NewArena("arena")
	defer a.Release()
	if err := a.Write(d, want); err != nil {
		t.Fatal(err)
	}
	want[1].Values = []float32{-1, -2, -3}
	if err := a.Overwrite(d, want[1:]); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []HostTensor{
		{Name: "b", Shape: []int{3}, Values: make([]float32, 3)},
		{Name: "a.bias", Shape: []int{3, 1}, Values: make([]float32, 3)},
		{Name: "a.bias", Shape: []int{3}, Values: make([]float32, 2)},
	} {
		other := HostTensor{Name: "a.weight", Shape: []int{3, 2}, Values: make([]float32, 6)}
		if err := a.Overwrite(d, []HostTensor{other, bad}); err == nil || !strings.Contains(err.Error(), bad.Name+" [3") {
			t.Errorf("%s %v of %d values: %v", bad.Name, bad.Shape, len(bad.Values), err)
		}
	}
	if got, err := a.Read(d); err != nil || !cmp.Equal(want, got) {
		t.Errorf("%v %s", err, cmp.Diff(want, got))
	}
}
