package layers

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/testdata/golden"
)

// The tensors of torchvision's resnet50 without fc: how many, how large, in which order, how they begin.
func TestResNet50Params(t *testing.T) {
	l := &Params{}
	c := ResNetConfig{Layers: [4]int{3, 4, 6, 3}, Base: 64}
	c.AddParams(l, "")
	parameters, decayed, buffers := 0, 0, 0
	var names []string
	for _, p := range l.List {
		names = append(names, p.Name)
		if !p.Backbone {
			t.Errorf("%s is no backbone's", p.Name)
		}
		switch {
		case p.Buffer:
			buffers += p.Len()
		case p.Decay:
			decayed += p.Len()
			fallthrough
		default:
			parameters += p.Len()
		}
	}
	if len(names) != 318 || parameters != 23_508_032 || decayed != 23_454_912 || buffers != 53_120+53 {
		t.Errorf("%d tensors, %d parameters of which %d decay, %d values of buffers", len(names), parameters, decayed, buffers)
	}
	norm := func(name string) (all []string) {
		for _, of := range []string{"weight", "bias", "running_mean", "running_var", "num_batches_tracked"} {
			all = append(all, name+"."+of)
		}
		return all
	}
	block := slices.Concat([]string{"layer1.0.conv1.weight"}, norm("layer1.0.bn1"), []string{"layer1.0.conv2.weight"}, norm("layer1.0.bn2"),
		[]string{"layer1.0.conv3.weight"}, norm("layer1.0.bn3"), []string{"layer1.0.downsample.0.weight"}, norm("layer1.0.downsample.1"))
	first := slices.Concat([]string{"conv1.weight"}, norm("bn1"), block, []string{"layer1.1.conv1.weight"})
	if !slices.Equal(names[:len(first)], first) {
		t.Errorf("the order is %v", names[:len(first)])
	}
	if last := names[len(names)-1]; last != "layer4.2.bn3.num_batches_tracked" {
		t.Errorf("the last tensor is %s", last)
	}
	for name, deviation := range map[string]float64{
		"conv1.weight": .02525, "layer1.0.conv1.weight": .1768, "layer1.0.conv2.weight": .0589, "layer1.0.conv3.weight": .0884,
	} {
		p := l.List[slices.Index(names, name)]
		if math.Abs(p.Init.Normal/deviation-1) > 1e-3 {
			t.Errorf("%s begins with deviation %g, want %g", name, p.Init.Normal, deviation)
		}
	}
}

func TestResNet50Multiplies(t *testing.T) {
	c := ResNetConfig{Layers: [4]int{3, 4, 6, 3}, Base: 64}
	for side, want := range map[int]float64{224: 4.087e9, 160: 2.085e9, 96: .751e9, 64: .334e9, 32: .083e9} {
		if got := c.Multiplies(side); math.Abs(got/want-1) > 6e-3 {
			t.Errorf("%d pixels: %g multiply-adds, want %g", side, got, want)
		}
	}
	if c.Width() != 2048 {
		t.Errorf("%d features", c.Width())
	}
}

// small is the ResNet of the golden files.
var small = ResNetConfig{Layers: [4]int{2, 1, 1, 1}, Base: 4}

// network is an arena of small's tensors and their contents: those of the golden file under a prefix, and as fresh otherwise.
func (in *inputs) network(g *golden.File, role, prefix string) *Arena {
	l := &Params{}
	small.AddParams(l, "backbone.")
	return in.arena(l, g, role, prefix)
}

func (in *inputs) arena(l *Params, g *golden.File, role, prefix string) *Arena {
	a := l.NewArena(role)
	contents := make([][]float32, len(l.Parts))
	for i, n := range l.Parts {
		contents[i] = make([]float32, n)
	}
	for _, p := range l.List {
		to := contents[p.Part][p.Offset : p.Offset+p.Len()]
		switch name := prefix + p.Name; {
		case !g.Has(name):
			copy(to, p.Fresh(1).Values)
			if !p.Buffer && !strings.HasSuffix(p.Name, "weight_g") {
				panic(name + " is in no golden file")
			}
		case g.Type(name) == "I64":
			to[0] = float32(g.Ints(name)[0])
		default:
			copy(to, g.Float32s(name))
		}
	}
	for i, part := range a.Parts {
		*in = append(*in, input{part, contents[i]})
	}
	return a
}

// One pass in training, stage by stage (walk.*).
func TestResNetWalkAgainstPyTorch(t *testing.T) {
	g, start := golden.Open(t, "resnet.safetensors"), golden.Open(t, "methods_start.safetensors")
	crops := golden.Open(t, "methods_inputs.safetensors")
	eachTarget(t, func(t *testing.T, p *gpu.Program) {
		var in inputs
		weights := in.network(start, "student", "resnet.student.")
		pass := newResNetPass(small, binding{"backbone.", weights, nil, Training})
		x := pass.conv.Forward(p, gatherPixels(p, FloatImages(in.golden(crops, "step0.crop.0")))[0])
		pass.norm.ReLU = false // stem is before it
		var all []wanted
		want := func(name string, got gpu.Tensor) {
			v, _, _ := pixels(g, "walk."+name)
			all = append(all, wanted{name, got, v, 1e-4})
		}
		x.Tensor = pass.norm.Forward(p, x.Tensor)
		want("stem", x.Tensor)
		x.Tensor = reluForward(p, x.Tensor)
		x = pass.pool.Forward(p, x)
		want("pool", x.Tensor)
		for i, name := range []string{"", "layer1", "layer2", "layer3", "layer4"} {
			if x = pass.blocks[i].forward(p, x); name != "" {
				want(name, x.Tensor)
			}
		}
		features := p.Scratch("features", x.N, small.Width())
		meanPool(p, x, features, 0)
		want("features", features)
		in.goldens(t, p, all)
	})
}

// A training step's forward pass over crops of two sizes, the running statistics after it, and with the head every
// parameter's gradient.
func TestResNetStepAgainstPyTorch(t *testing.T) {
	g, start := golden.Open(t, "resnet.safetensors"), golden.Open(t, "methods_start.safetensors")
	crops := golden.Open(t, "methods_inputs.safetensors")
	head := HeadConfig{In: small.Width(), Layers: 3, Hidden: 64, Bottleneck: 16, Out: 96}
	eachTarget(t, func(t *testing.T, p *gpu.Program) {
		var in inputs
		weights := in.network(start, "student", "resnet.student.")
		gradients := weights.Layout.NewArena("gradients")
		layout := &Params{}
		head.AddParams(layout, "head.")
		headWeights, headGradients := in.arena(layout, g, "head", "init.student."), layout.NewArena("head.gradients")
		for _, a := range []*Arena{gradients, headGradients} {
			for i, part := range a.Parts {
				in = append(in, input{part, make([]float32, a.Layout.Parts[i])})
			}
		}
		var images []Images
		for _, pair := range [][2]string{{"step0.crop.0", "step0.crop.1"}, {"step0.crop.2", "step0.crop.3"}} {
			s := crops.Shape(pair[0])
			s[0] *= 2
			images = append(images, FloatImages(in.values(pair[0], slices.Concat(crops.Float32s(pair[0]), crops.Float32s(pair[1])), s...)))
		}
		backbone := small.Bind("backbone.", weights, gradients, Training)
		features := backbone.Forward(p, small.Input(p, images...))
		prototypes := NewPrototypes("head.", headWeights, headGradients, true)
		prototypes.Begin(p)
		h := NewHead(head, "head.", headWeights, headGradients, Training, true)
		y := h.Forward(p, features)
		logits := prototypes.Logits(p, y)
		dy := p.Scratch("dy", y.Shape...)
		prototypes.Backward(p, in.golden(g, "step0.grad.output"), y, dy)
		backbone.Backward(p, h.Backward(p, dy))
		all := []wanted{
			{"features", features, g.Float32s("step0.student.features"), 1e-4},
			{"output", logits, g.Float32s("step0.student.output"), 1e-4},
		}
		for _, x := range weights.Layout.List {
			switch name := "after_forward." + x.Name; {
			case !x.Buffer:
				all = append(all, wanted{"gradient of " + x.Name, gradients.Tensor(x.Name), g.Float32s("step0.grad." + x.Name), 1e-3})
			case g.Type(name) == "I64":
				all = append(all, wanted{name, weights.Tensor(x.Name), []float32{float32(g.Ints(name)[0])}, 0})
			default:
				all = append(all, wanted{name, weights.Tensor(x.Name), g.Float32s(name), 1e-5})
			}
		}
		in.goldens(t, p, all)
	})
}

// Features by running statistics, of images of several sizes, after six steps.
func TestResNetEvaluationAgainstPyTorch(t *testing.T) {
	g := golden.Open(t, "resnet.safetensors")
	eachTarget(t, func(t *testing.T, p *gpu.Program) {
		var in inputs
		var all []wanted
		sizes := []string{"32x32", "16x16", "37x29"}
		for _, role := range []string{"student", "teacher"} {
			weights := in.network(g, role, "after6."+role+".")
			var images []Images
			var want []float32
			for _, size := range sizes {
				images = append(images, FloatImages(in.golden(g, "eval."+size+".input")))
				want = append(want, g.Float32s("eval."+size+"."+role+".features")...)
			}
			features := small.Bind("backbone.", weights, nil, Evaluating).Forward(p, small.Input(p, images...))
			all = append(all, wanted{role, features, want, 1e-4})
		}
		in.goldens(t, p, all)
	})
}

// An odd width and odd sizes beside the twins, bytes as images, and a teacher that sees the first size alone.
func TestResNetTwins(t *testing.T) {
	const H, W = 13, 17
	eachTarget(t, func(t *testing.T, p *gpu.Program) {
		c := ResNetConfig{Layers: [4]int{1, 2, 1, 1}, Base: 3}
		l := &Params{}
		c.AddParams(l, "")
		var in inputs
		arena := func(role string) *Arena {
			a := l.NewArena(role)
			for i, part := range a.Parts {
				values := make([]float32, l.Parts[i])
				for _, x := range l.List {
					copy(values[x.Offset:], x.Fresh(7).Values)
				}
				in = append(in, input{part, values})
			}
			return a
		}
		words := make([]float32, PixelWords(3, H, W))
		for i := range words {
			words[i] = math.Float32frombits(uint32(i) * 2654435761)
		}
		x := c.Input(p, ByteImages(in.values("bytes", words, len(words)), 3, H, W, [3]float64{.4, .5, .6}, [3]float64{.2, .3, .25}),
			FloatImages(in.noise("floats", 4, 3, W, H)))
		student := c.Bind("", arena("student"), arena("gradients"), Training)
		features := student.Forward(p, x)
		if want := []int{7, c.Width()}; !slices.Equal(features.Shape, want) {
			t.Errorf("features %v, want %v", features.Shape, want)
		}
		if teacher := c.Bind("", arena("teacher"), nil, Training).Forward(p, x.First(1)); teacher.Rows() != 3 {
			t.Errorf("the teacher made %d rows of 3 images", teacher.Rows())
		}
		student.Backward(p, in.noise("dfeatures", features.Shape...))
		in.check(t, p)
	})
}
