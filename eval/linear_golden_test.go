package eval

import (
	"context"
	"math"
	"testing"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/layers"
	"github.com/dinogpu/dinogpu/testdata/golden"
)

// What the released code gives its classifiers of each backbone, at the trained size and at another.
func TestLinearInputEqualsReference(t *testing.T) {
	d, g := device(t), golden.Open(t, "linear.safetensors")
	v, weights := goldenNet(t, d)
	for _, size := range []struct {
		name string
		h, w int
	}{{"32x32", 32, 32}, {"48x40", 48, 40}} {
		for name, in := range map[string]LinearInput{"n1": {Blocks: 1}, "n4": {Blocks: 4}, "n1_avgpool": {Blocks: 1, AvgPool: true}} {
			b, err := dino.NewBackbone(d, d.Target(), in.Config(dino.BackboneConfig{ViT: v, Height: size.h, Width: size.w, Batch: 2, Normalized: true}), weights)
			if err != nil {
				t.Fatal(err)
			}
			input := g.Float32s(size.name + ".input")
			each := 3 * size.h * size.w
			var images [][]float32
			for at := 0; at < len(input); at += each {
				images = append(images, input[at:at+each])
			}
			out, err := b.RunNormalized(context.Background(), images)
			b.Release()
			if err != nil {
				t.Fatal(err)
			}
			got := in.rows(out, len(images))
			near(t, size.name+"."+name, got, g.Float32s(size.name+"."+name))
			if len(got) != len(images)*in.Dim(v) {
				t.Errorf("%s: rows of %d, Dim says %d", name, len(got)/len(images), in.Dim(v))
			}
		}
	}
}

// within holds values to an absolute bound.
func within(t *testing.T, what string, got, want []float32, most float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values for %d", what, len(got), len(want))
	}
	for i := range want {
		if d := math.Abs(float64(got[i]) - float64(want[i])); !(d <= most) {
			t.Fatalf("%s: value %d is %g, the reference has %g", what, i, got[i], want[i])
		}
	}
}

// Three epochs of the released training, of which the last batch is short: losses, rates, weights after the first step and
// after each epoch, momentum; and its test.
func TestLinearTrainingEqualsReference(t *testing.T) {
	d, g := device(t), golden.Open(t, "linear.safetensors")
	ctx, nothing := context.Background(), func(int) {}
	features := func(name string) Features {
		return Features{Dim: g.Shape(name + ".features")[1], Values: g.Float32s(name + ".features"), Labels: g.Ints(name + ".labels")}
	}
	train, test := features("probe.train"), features("probe.test")
	l := Linear{Epochs: g.Int("epochs"), Batch: g.Int("batch")}
	p, err := newProbes(d, layers.ClassifierConfig{Classes: g.Int("classes"), Dim: train.Dim, Batch: l.Batch, Count: 1}, true)
	if err != nil {
		t.Fatal(err)
	}
	defer p.release()
	if err := p.put(0, LinearProbe{Weight: g.Float32s("probe.init.weight"), Bias: g.Float32s("probe.init.bias")}); err != nil {
		t.Fatal(err)
	}
	compare := func(name string) LinearProbe {
		t.Helper()
		x, err := p.get(0, true)
		if err != nil {
			t.Fatal(err)
		}
		within(t, name+".weight", x.Weight, g.Float32s("probe."+name+".weight"), 1e-6)
		within(t, name+".bias", x.Bias, g.Float32s("probe."+name+".bias"), 1e-6)
		return x
	}
	var losses []float64
	order, n := g.Ints("probe.order"), train.Len()
	for epoch := range l.Epochs {
		rate := l.rate(g.Float("base_lr"), epoch)
		if want := g.Float64s("probe.lr")[epoch]; math.Abs(rate-want) > 1e-12 {
			t.Errorf("epoch %d: rate %g, the reference has %g", epoch, rate, want)
		}
		if err := p.setRate(0, rate); err != nil {
			t.Fatal(err)
		}
		r := &rows{kept: &train, batch: l.Batch}
		if err := r.each(ctx, order[epoch*n:(epoch+1)*n], 0, nil, nothing, func(b rowBatch) error {
			loss, err := p.step(b)
			if err != nil {
				return err
			}
			if losses = append(losses, loss[0]); len(losses) == 1 {
				compare("after1")
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		last := compare([]string{"epoch0", "epoch1", "epoch2"}[epoch])
		if epoch == l.Epochs-1 {
			within(t, "velocity.weight", last.Momentum[0], g.Float32s("probe.velocity.weight"), 1e-6)
			within(t, "velocity.bias", last.Momentum[1], g.Float32s("probe.velocity.bias"), 1e-6)
		}
	}
	want := g.Float64s("probe.loss")
	if len(losses) != len(want) {
		t.Fatalf("%d batches, the reference has %d", len(losses), len(want))
	}
	for i := range want {
		if math.Abs(losses[i]-want[i]) > 1e-5 {
			t.Errorf("batch %d: loss %g, the reference has %g", i, losses[i], want[i])
		}
	}
	// its test has batches of another length
	q, err := newProbes(d, layers.ClassifierConfig{Classes: g.Int("classes"), Dim: train.Dim, Batch: g.Int("test_batch"), Count: 1}, false)
	if err != nil {
		t.Fatal(err)
	}
	defer q.release()
	if err := q.put(0, LinearProbe{Weight: g.Float32s("probe.epoch2.weight"), Bias: g.Float32s("probe.epoch2.bias")}); err != nil {
		t.Fatal(err)
	}
	tests, err := q.tests(ctx, &rows{kept: &test, batch: g.Int("test_batch")}, nothing)
	if err != nil {
		t.Fatal(err)
	}
	top := g.Float64s("probe.test.top1_top5")
	got := tests[0]
	if math.Abs(got.Top1-top[0]) > 1e-9 || math.Abs(got.Top5-top[1]) > 1e-9 || math.Abs(got.Loss-g.Float64s("probe.test.loss")[0]) > 1e-5 {
		t.Errorf("test %+v, the reference has %g and the loss %g", got.LinearScore, top, g.Float64s("probe.test.loss"))
	}
	right := 0
	images, top1, _ := got.Of(g.Int("classes"))
	for c, n := range images {
		right += int(math.Round(top1[c] / 100 * float64(n)))
	}
	if want := int(math.Round(top[0] / 100 * float64(test.Len()))); right != want {
		t.Errorf("the classes have %d right in all, want %d", right, want)
	}
}
