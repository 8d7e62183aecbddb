package layers

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
)

func TestSoftmaxCrossEntropyKernel(t *testing.T) {
	for _, c := range []struct{ C, B int }{{1, 4}, {2, 4}, {7, 8}, {10, 128}, {65, 132}, {1000, 12}, {20001, 4}, {65536, 4}} {
		t.Run(fmt.Sprintf("C=%d,B=%d", c.C, c.B), func(t *testing.T) {
			eachTarget(t, func(t *testing.T, p *gpu.Program) {
				var in inputs
				logits := in.noise("logits", c.C, c.B)
				labels := make([]uint32, c.B)
				for b := range labels {
					labels[b] = uint32(b * 7919 % c.C)
				}
				labels[0], labels[c.B-1] = uint32(c.C-1), NoLabel
				softmaxCrossEntropy(p, logits, in.values("labels", bits(labels...), c.B), in.noise("losses", c.B),
					in.values("step", []float32{1 / float32(c.B-1)}, 1))
				in.check(t, p)
			})
		})
	}
}

// The column's largest logit is taken off before exp: logits of any size give finite results.
func TestSoftmaxCrossEntropyOfLargeLogits(t *testing.T) {
	eachTarget(t, func(t *testing.T, p *gpu.Program) {
		var in inputs
		logits := in.noise("logits", 9, 4)
		for i := range in[0].value {
			in[0].value[i] = 3000 + 100*in[0].value[i]
		}
		softmaxCrossEntropy(p, logits, in.values("labels", bits(0, 8, 3, 3), 4), in.noise("losses", 4), in.values("step", []float32{0.25}, 1))
		in.check(t, p)
	})
}

// trained is a step of classifiers on noise, some rows of the batch being no images, with chunks of at most limit elements.
func trained(t *testing.T, p *gpu.Program, c ClassifierConfig, limit int) (l *Classifiers, in inputs) {
	t.Helper()
	l, err := newClassifiers(c, limit)
	if err != nil {
		t.Fatal(err)
	}
	fill := func(x gpu.Tensor, v []float32) { in = append(in, input{x, v}) }
	features, labels := make([]float32, l.Features.Len()), slices.Repeat([]uint32{NoLabel}, c.Rows())
	for r := range c.Batch {
		row := features[r*c.Cols():]
		gpu.Noise(row[:c.Dim], uint64(r), 1)
		row[c.Dim], labels[r] = 1, uint32(r*31%c.Classes)
	}
	fill(l.Features, features)
	fill(l.Labels, bits(labels...))
	fill(l.Step, []float32{1 / float32(c.Batch)})
	for i, one := range l.All {
		for k, part := range append(slices.Clone(one.Weights.Parts), one.Momentum.Parts...) {
			v := make([]float32, part.Len())
			gpu.Noise(v, uint64(100*i+k), 0.1)
			fill(part, v)
		}
		fill(one.Scalars, Scalars{LearningRate: 0.1 * float32(i+1)}.Values())
		fill(one.NonFinite, []float32{0})
	}
	blocks, ranges := l.segments.tables()
	fill(l.segments.blocks, bits(blocks...))
	fill(l.segments.ranges, bits(ranges...))
	l.Train(p)
	return l, in
}

func TestClassifiersBesideTheirTwins(t *testing.T) {
	for _, c := range []struct {
		ClassifierConfig
		limit int
	}{
		{ClassifierConfig{Classes: 1, Dim: 1, Batch: 1, Count: 1}, maxPart},
		{ClassifierConfig{Classes: 3, Dim: 8, Batch: 5, Count: 2}, maxPart},
		{ClassifierConfig{Classes: 131, Dim: 95, Batch: 12, Count: 1}, 64 * 96}, // three chunks, the last of three classes
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			eachTarget(t, func(t *testing.T, p *gpu.Program) {
				l, in := trained(t, p, c.ClassifierConfig, c.limit)
				defer l.Release()
				in.check(t, p)
			})
		})
	}
}

// A step in chunks of classes is the same step, to the rounding of matmuls of other shapes.
func TestChunksOfClassesChangeNothing(t *testing.T) {
	c := ClassifierConfig{Classes: 150, Dim: 20, Batch: 8, Count: 2}
	d, err := device()
	if err != nil {
		t.Fatal(err)
	}
	weights := func(limit int) (all [][]float32) {
		p := gpu.NewProgram(t.Name(), gpu.SoftwareTarget)
		l, in := trained(t, p, c, limit)
		defer l.Release()
		w, b := make([]float32, c.Classes*c.Dim), make([]float32, c.Classes)
		gpu.Noise(w, 1, 0.1)
		gpu.Noise(b, 2, 0.1)
		if err := in.run(p, func() error {
			for _, one := range l.All {
				for _, to := range []*Arena{one.Weights, one.Momentum} {
					if err := l.Write(d, to, w, b); err != nil {
						return err
					}
				}
			}
			if err := p.Run(); err != nil {
				return err
			}
			for _, one := range l.All {
				for _, from := range []*Arena{one.Weights, one.Momentum} {
					weight, bias, err := l.Read(d, from)
					if err != nil {
						return err
					}
					all = append(all, weight, bias)
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return all
	}
	whole, chunks := weights(maxPart), weights(64*24)
	moved := 0.0
	for k, v := range whole {
		for i := range v {
			if math.Abs(float64(v[i]-chunks[k][i])) > 1e-6 {
				t.Fatalf("tensor %d, value %d: %g whole, %g in chunks", k, i, v[i], chunks[k][i])
			}
			moved = max(moved, math.Abs(float64(v[i]-whole[(k+4)%len(whole)][i])))
		}
	}
	if moved < 1e-3 {
		t.Errorf("the two rates leave the same weights, to %g", moved)
	}
}

func TestClassifiersRefuse(t *testing.T) {
	if _, err := NewClassifiers(ClassifierConfig{Classes: 3, Dim: 4, Batch: 0, Count: 1}); err == nil {
		t.Error("a batch of none was taken")
	}
	l, err := NewClassifiers(ClassifierConfig{Classes: 3, Dim: 4, Batch: 1, Count: 1})
	if err != nil {
		t.Fatal(err)
	}
	d, err := device()
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Write(d, l.All[0].Weights, make([]float32, 12), make([]float32, 4)); err == nil {
		t.Error("four biases of three classes were taken")
	}
}
