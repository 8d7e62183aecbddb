package layers

import (
	"fmt"
	"slices"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// NoLabel is the label of a row of features that is no image.
const NoLabel = uint32(ref.NoLabel)

// A ClassifierConfig is the size of linear classifiers that look at the same features.
type ClassifierConfig struct {
	Classes, Dim int
	Batch        int // rows of features
	Count        int // classifiers, each with a learning rate of its own
}

// Cols are the values of a row of features as the classifiers take them: its own, a 1 that the bias is multiplied by, and
// zeros up to a whole vec4. Rows of the weights are laid out likewise.
func (c ClassifierConfig) Cols() int { return roundUp4(c.Dim + 1) }

// Rows is Batch rounded up to whole vec4s.
func (c ClassifierConfig) Rows() int { return roundUp4(c.Batch) }

// Classifiers are logits = W x + b and their training by SGD with momentum 0.9: cross entropy, no decay. Weights lie in
// chunks of classes, so that a chunk can be bound with WebGPU's default limits.
type Classifiers struct {
	Config   ClassifierConfig
	Features gpu.Tensor // (Rows, Cols)
	Labels   gpu.Tensor // (Rows), uint32
	Step     gpu.Tensor // (1): 1 / the images of the batch
	All      []Classifier

	layout   *Params
	first    []int // class of each chunk
	segments *Segments
	gradient *Arena
	norms    gpu.Tensor
}

// A Classifier is one of them.
type Classifier struct {
	Weights, Momentum *Arena
	Scalars           gpu.Tensor // LearningRate, and no decay
	NonFinite         gpu.Tensor // (1): becomes 1 when a gradient is not finite; from then on nothing moves
	Losses            gpu.Tensor // (Rows): of the last batch
}

// NewClassifiers names their tensors.
func NewClassifiers(c ClassifierConfig) (*Classifiers, error) { return newClassifiers(c, maxPart) }

// newClassifiers has no more than limit elements in a chunk.
func newClassifiers(c ClassifierConfig, limit int) (*Classifiers, error) {
	if c.Classes < 1 || c.Dim < 1 || c.Batch < 1 || c.Count < 1 {
		return nil, fmt.Errorf("%d classifiers of %d classes over batches of %d rows of %d: each has to be at least 1", c.Count, c.Classes, c.Batch, c.Dim)
	}
	l := &Classifiers{
		Config: c, Features: gpu.NewTensor("features", c.Rows(), c.Cols()),
		Labels: gpu.NewTensor("labels", c.Rows()), Step: gpu.NewTensor("step", 1), layout: &Params{},
	}
	// each chunk's logits begin where a binding may, whatever the batch
	each := max(gpu.Align, limit/c.Cols()/gpu.Align*gpu.Align)
	for at := 0; at < c.Classes; at += each {
		l.first = append(l.first, at)
		l.layout.Add(Param{Name: fmt.Sprintf("classes.%d", at), Shape: []int{min(each, c.Classes-at), c.Cols()}})
	}
	var err error
	if l.segments, err = NewSegments(l.layout); err != nil {
		return nil, err
	}
	l.gradient, l.norms = l.layout.NewArena("gradient"), gpu.NewTensor("norms", len(l.layout.List), 2)
	for i := range c.Count {
		l.All = append(l.All, Classifier{
			Weights: l.layout.NewArena(fmt.Sprintf("classifier.%d", i)), Momentum: l.layout.NewArena(fmt.Sprintf("momentum.%d", i)),
			Scalars: NewScalars(), NonFinite: gpu.NewTensor("nonfinite", 1), Losses: gpu.NewTensor("losses", c.Rows()),
		})
	}
	return l, nil
}

// Logits records the logits (Classes, Rows) of classifier i, which come into a tensor of p.
func (l *Classifiers) Logits(p *gpu.Program, i int) gpu.Tensor {
	B := l.Config.Rows()
	logits := p.Scratch("logits", l.Config.Classes, B)
	for k, chunk := range l.layout.List {
		rows := chunk.Shape[0]
		MatMul(p, NT, l.All[i].Weights.Tensor(chunk.Name), l.Features, logits.Slice("logits", l.first[k]*B, rows, B), Epilogue{})
	}
	return logits
}

// Train records one step of every classifier on the batch.
func (l *Classifiers) Train(p *gpu.Program) {
	defer p.Section("classifier")()
	B := l.Config.Rows()
	for i, c := range l.All {
		slopes := l.Logits(p, i)
		softmaxCrossEntropy(p, slopes, l.Labels, c.Losses, l.Step)
		for k, chunk := range l.layout.List {
			MatMul(p, NN, slopes.Slice("slopes", l.first[k]*B, chunk.Shape[0], B), l.Features, l.gradient.Tensor(chunk.Name), Epilogue{})
		}
		o := Optimizer{
			Segments: l.segments, Weights: c.Weights.Parts, Gradients: l.gradient.Parts, Moments: [][]gpu.Tensor{c.Momentum.Parts},
			Scalars: c.Scalars, Norms: l.norms, NonFinite: c.NonFinite,
		}
		o.RecordNorms(p)
		o.SGD(p)
	}
}

// softmaxCrossEntropy records the loss of each column of logits (C, B) and turns them into the gradient of the mean over
// the images.
func softmaxCrossEntropy(p *gpu.Program, logits, labels, losses, step gpu.Tensor) {
	defer p.Section("loss")()
	const most, invocations = 20000, 256
	C, B := logits.Rows(), logits.Cols()
	lanes := p.Target.Lanes()
	for lanes < invocations && 3*ceil(C, lanes) > most {
		lanes *= 2
	}
	cols := max(1, workgroup/lanes)
	if !p.Target.Software {
		cols = max(1, invocations/lanes) // 8 columns of 32 lanes: whole sectors of memory
	}
	p.Dispatch(newKernel("softmax_cross_entropy", args{"LANES": lanes, "COLS": cols}, gpu.Kernel{
		Params: []uint32{uint32(C), uint32(B)}, Groups: spread(ceil(B, cols)), Trips: 3*ceil(C, lanes) + 24,
		Flops: 10 * C * B, Tolerance: approximate,
		Twin: func(a [][]float32) { ref.SoftmaxCrossEntropy(a[0], a[2], gpu.Bits(a[1]), float64(a[3][0])) },
	}), logits, labels, losses, step)
}

// Upload writes what does not change: once, before the first run.
func (l *Classifiers) Upload(d *gpu.Device) error { return l.segments.Upload(d) }

// Release gives all memory back.
func (l *Classifiers) Release() {
	for _, c := range l.All {
		c.Weights.Release()
		c.Momentum.Release()
		gpu.Release(c.Scalars, c.NonFinite, c.Losses)
	}
	l.gradient.Release()
	l.segments.Release()
	gpu.Release(l.Features, l.Labels, l.Step, l.norms)
}

// Write puts a weight (Classes, Dim) and a bias (Classes), or their momenta, into an arena of a classifier.
func (l *Classifiers) Write(d *gpu.Device, to *Arena, weight, bias []float32) error {
	c := l.Config
	if len(weight) != c.Classes*c.Dim || len(bias) != c.Classes {
		return fmt.Errorf("a classifier of %d classes over %d features was given %d weights and %d biases", c.Classes, c.Dim, len(weight), len(bias))
	}
	for k, chunk := range l.layout.List {
		values := make([]float32, chunk.Len())
		for r := range chunk.Shape[0] {
			row, class := values[r*c.Cols():], l.first[k]+r
			copy(row, weight[class*c.Dim:(class+1)*c.Dim])
			row[c.Dim] = bias[class]
		}
		if err := d.Write(to.Tensor(chunk.Name), values); err != nil {
			return err
		}
	}
	return nil
}

// Read is the way back.
func (l *Classifiers) Read(d *gpu.Device, from *Arena) (weight, bias []float32, err error) {
	c := l.Config
	weight, bias = make([]float32, 0, c.Classes*c.Dim), make([]float32, 0, c.Classes)
	chunks, err := from.Read(d)
	if err != nil {
		return nil, nil, err
	}
	for _, chunk := range chunks {
		for row := range slices.Chunk(chunk.Values, c.Cols()) {
			weight, bias = append(weight, row[:c.Dim]...), append(bias, row[c.Dim])
		}
	}
	return weight, bias, nil
}
