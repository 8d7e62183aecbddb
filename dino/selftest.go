package dino

import (
	"context"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// Tests are what SelfTest runs: a trainer of all blocks, whose optimizer is tested, and one of as few blocks as
// still have every kernel and shape of a batch's forward and backward passes.
type Tests struct {
	whole, short *Trainer
}

// RecordTests records the tests of a trainer that trains c. Crops run together or apart as they would in it.
// flops, if above 0, is the arithmetic that the passes of the short trainer may take: the batch is halved until
// they do, and Batch says what is left.
func RecordTests(c settings.Config, target gpu.Target, crops settings.Crops, flops int) (*Tests, error) {
	whole, err := Record(c, target, 1, Options{Crops: crops})
	if err != nil {
		return nil, err
	}
	o := Options{Crops: whole.Crops()}
	for {
		t := &Tests{whole: whole}
		if t.short, err = shortest(whole, target, o); err != nil {
			return nil, err
		}
		if flops <= 0 || c.BatchSize == 1 || t.short.crops.Flops() <= flops {
			return t, nil
		}
		c.BatchSize /= 2
		if whole, err = Record(c, target, 1, o); err != nil {
			return nil, err
		}
	}
}

// shortest records t with as few blocks as have its kernels and shapes.
func shortest(t *Trainer, target gpu.Target, o Options) (*Trainer, error) {
	c, size := t.Config, t.Config.Size()
	for c.Depth = 1; c.Depth < size.Depth; c.Depth++ {
		short, err := Record(c, target, 1, o)
		if err != nil {
			return nil, err
		}
		if short.crops.Covers(t.crops) {
			return short, nil
		}
	}
	return Record(t.Config, target, 1, o)
}

// Batch is the number of images in the batch under test.
func (t *Tests) Batch() int { return t.whole.Config.BatchSize }

// Depth is the number of blocks of the network whose forward and backward passes are run.
func (t *Tests) Depth() int { return t.short.Config.Size().Depth }

// Memory is the bytes that the tests take on a device at most, and on the host beside them.
func (t *Tests) Memory() (int, error) {
	most, largest := 0, 0
	for _, tr := range []*Trainer{t.whole, t.short} {
		programs := []*gpu.Program{tr.begin, tr.update}
		if tr == t.short {
			programs = []*gpu.Program{tr.crops}
		}
		total := 0
		kept := map[string]int{}
		for _, p := range programs {
			m, err := p.Plan()
			if err != nil {
				return 0, err
			}
			total += m.Scratch + m.Textures
			for name, bytes := range m.Kept {
				kept[name] = bytes
			}
			largest = max(largest, m.Largest)
		}
		for _, bytes := range kept {
			total += bytes
		}
		most = max(most, total)
	}
	return most + hostCopies*largest, nil
}

// hostCopies is how many copies of its tensors a test holds on the host, the garbage of the one before included.
const hostCopies = 12

// SelfTest runs what training is made of on d: the optimizer's step, forward and backward passes of a batch of
// noise, and the frozen backbone that evaluations use.
func (t *Tests) SelfTest(ctx context.Context, d *gpu.Device, s *gpu.SelfTest) error {
	if err := t.whole.testUpdate(d, s); err != nil {
		return err
	}
	return t.short.testCrops(ctx, d, s)
}

// testUpdate runs the programs around the passes on noise: gradients, moments and weights of the sizes that
// training has, and rates large enough that every term of the step can be told from rounding.
func (t *Trainer) testUpdate(d *gpu.Device, s *gpu.SelfTest) error {
	defer t.Release()
	t.device = d
	for _, p := range []*gpu.Program{t.begin, t.update} {
		if err := p.Build(d); err != nil {
			return err
		}
	}
	if err := t.segments.Upload(d); err != nil {
		return err
	}
	if err := s.Run(t.begin); err != nil {
		return err
	}
	if err := t.fillWeights(); err != nil {
		return err
	}
	const size = 0.01
	for i, a := range append([]*layers.Arena{t.gradients}, t.moments...) {
		change := func(v float32) float32 { return v }
		if i == 2 { // AdamW's second moment
			change = func(v float32) float32 { return v*v + 1e-8 }
		}
		if err := t.fill(a, uint64(3+i), size, change); err != nil {
			return err
		}
	}
	scalars := t.testScalars()
	scalars.LearningRate, scalars.WeightDecay = 0.01, 0.4
	scalars.Clip = size * float32(math.Sqrt(float64(medianLen(t.Layout)))) // half the tensors are clipped
	if err := d.Write(t.shared.Scalars, scalars.Values()); err != nil {
		return err
	}
	if err := t.fillMethod(); err != nil {
		return err
	}
	return s.Run(t.update)
}

// testCrops runs the passes of a batch, and the backbone with the teacher's weights.
func (t *Trainer) testCrops(ctx context.Context, d *gpu.Device, s *gpu.SelfTest) error {
	defer t.Release()
	t.device = d
	if err := t.crops.Build(d); err != nil {
		return err
	}
	if err := t.fillWeights(); err != nil {
		return err
	}
	for _, g := range t.groups {
		if err := writePixels(d, g.input); err != nil {
			return err
		}
	}
	if err := d.Write(t.shared.Scalars, t.testScalars().Values()); err != nil {
		return err
	}
	if err := t.fillMethod(); err != nil {
		return err
	}
	if err := t.writeNoise(t.shared.Sums, 1); err != nil {
		return err
	}
	if scales := t.drop.values; scales != nil {
		for i := range scales {
			scales[i] = float32(min(i%4, 1)) * 1.25 // three of four are kept
		}
		if err := d.Write(t.drop.scales, scales); err != nil {
			return err
		}
	}
	if err := t.fillBiasGradients(); err != nil {
		return err
	}
	err := s.Run(t.crops)
	t.crops.Release()
	if err != nil || ctx.Err() != nil {
		return err
	}
	c := BackboneOf(t.Config)
	c.Batch, c.Blocks, c.Attention, c.Queries = t.Config.BatchSize, min(2, c.ViT.Depth), []int{c.ViT.Depth - 1}, []int{c.tokens() - 1, 0}
	b, err := NewBackbone(d, t.crops.Target, c, t.Teacher)
	if err != nil {
		return err
	}
	defer b.Release()
	if err := writePixels(d, b.input); err != nil {
		return err
	}
	return s.Run(b.program)
}

// testScalars are the numbers of a step in the middle of training, with the last layer free.
func (t *Trainer) testScalars() layers.Scalars {
	v := t.Schedules.At(t.Schedules.Steps() / 2)
	s := t.scalars(v)
	s.Train(0.9, 0.999, 1e-8, layers.PartSteps{Head: 10, Backbone: 7, LastLayer: 5})
	return s
}

// fillWeights gives student and teacher initial weights, each with noise over them: at the start biases are 0 and
// scales are 1, and a kernel that left them out would not be told.
func (t *Trainer) fillWeights() error {
	const size = 0.02
	for i, a := range []*layers.Arena{t.Student, t.Teacher} {
		tensors := t.Layout.Fresh(t.Config.Seed)
		for k, p := range t.Layout.List {
			noise := make([]float32, p.Len())
			gpu.Noise(noise, uint64(i+1)<<32+uint64(p.Offset), size)
			for e, v := range noise {
				tensors[k].Values[e] += v
			}
		}
		if err := a.Write(t.device, tensors); err != nil {
			return err
		}
	}
	return nil
}

// fillMethod gives what the method remembers noise of the size that it has in training.
func (t *Trainer) fillMethod() error {
	for _, x := range t.method.Tensors() {
		size := float32(0.1)
		if strings.HasSuffix(x.Name, ".sum") {
			size = float32(t.Config.StepImages())
		}
		if err := t.writeNoise(x, size); err != nil {
			return err
		}
	}
	return nil
}

// fillBiasGradients puts noise into the gradients of vectors, to which passes add: that of a bias ahead of a batch norm is truly
// zero, and rounding would be compared with rounding.
func (t *Trainer) fillBiasGradients() error {
	for _, p := range t.Layout.List {
		if len(p.Shape) == 1 {
			if err := t.writeNoise(t.gradients.Tensor(p.Name), 0.1); err != nil {
				return err
			}
		}
	}
	return nil
}

// fill puts noise into the parameters of an arena, and leaves zeros between them.
func (t *Trainer) fill(a *layers.Arena, seed uint64, size float32, change func(float32) float32) error {
	var tensors []layers.HostTensor
	for _, p := range t.Layout.List {
		v := make([]float32, p.Len())
		gpu.Noise(v, seed<<32+uint64(p.Part)<<28+uint64(p.Offset), size)
		for k := range v {
			v[k] = change(v[k])
		}
		tensors = append(tensors, layers.HostTensor{Name: p.Name, Shape: p.Shape, Values: v})
	}
	return a.Write(t.device, tensors)
}

func (t *Trainer) writeNoise(x gpu.Tensor, size float32) error {
	v := make([]float32, x.Len())
	gpu.Noise(v, uint64(len(v)), size)
	return t.device.Write(x, v)
}

// writePixels fills packed images with random bytes.
func writePixels(d *gpu.Device, images gpu.Tensor) error {
	r := rand.New(rand.NewPCG(5, 6))
	var pixels []byte
	for range images.Len() {
		pixels = binary.LittleEndian.AppendUint32(pixels, r.Uint32())
	}
	return d.WriteBytes(images, 0, pixels)
}

// medianLen is the number of elements that half of the parameters have fewer of.
func medianLen(l *layers.Params) int {
	var all []int
	for _, p := range l.List {
		all = append(all, p.Len())
	}
	slices.Sort(all)
	return all[len(all)/2]
}
