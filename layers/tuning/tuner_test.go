package tuning

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// one is a program with one matmul.
type one struct{ p *gpu.Program }

func (o one) Programs() []*gpu.Program { return []*gpu.Program{o.p} }
func (o one) Release()                 { o.p.Release() }

func record(target gpu.Target) (Recorded, error) {
	p := gpu.NewProgram("one", target)
	layers.MatMul(p, layers.NT, gpu.NewTensor("a", 64, 64), gpu.NewTensor("b", 64, 64), gpu.NewTensor("c", 64, 64), layers.Epilogue{})
	return one{p}, p.Err()
}

// A damaged cache costs a notice and a measurement, no more; what is measured then is known the next time.
func TestTunerSaysThatItsCacheIsDamaged(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	d, err := gpu.Open("")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	cache, err := OpenCache(d.Adapter, "test")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(cache.Path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cache.Path, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	var said []string
	tuner := Tuner{Device: d, Program: "test", Matmul: "auto", Time: time.Millisecond, Say: func(s string) { said = append(said, s) }}
	target, err := tuner.Target(t.Context(), record)
	if err != nil || len(target.Choices) != 1 || len(said) < 2 || !strings.Contains(said[0], "damaged") || !strings.Contains(said[1], "1 of 1 kinds measured") {
		t.Errorf("%v, %v: %q", target.Choices, err, said)
	}
	said = nil
	again, err := tuner.Target(t.Context(), record)
	if err != nil || len(said) != 0 || len(again.Choices) != 1 {
		t.Errorf("the second time: %v, %v: %q", again.Choices, err, said)
	}
	if known := tuner.Known(); len(known.Choices) != 1 {
		t.Errorf("known: %v", known.Choices)
	}
	tuner.Off = true
	if off, err := tuner.Target(t.Context(), record); err != nil || len(off.Choices) != 0 {
		t.Errorf("off: %v, %v", off.Choices, err)
	}
}
