package eval

import "github.com/dinogpu/dinogpu/gpu"

// SelfTest tests the k-NN search on d at the size of large sets: whole chunks of noise, vectors of dim values, against lists
// of the k nearest from earlier chunks; and the step of a linear classifier.
func SelfTest(d *gpu.Device, s *gpu.SelfTest, dim, k int) error {
	const many = 1 << 20
	x, err := newSearch(d, many, many, ceil(dim, 4)*4, k)
	if err != nil {
		return err
	}
	defer x.release()
	for i, t := range []gpu.Tensor{x.queries, x.bank} {
		v := make([]float32, t.Len())
		gpu.Noise(v, uint64(i), 1)
		if err := d.Write(t, v); err != nil {
			return err
		}
	}
	// the lists: best first, some of them better than all of the chunk, with numbers from before it
	values, numbers := make([]float32, x.values.Len()), make([]uint32, x.numbers.Len())
	for i := range values {
		values[i], numbers[i] = float32(3*dim)/float32(1+i%k), uint32(1+i%k)
	}
	if err := d.Write(x.values, values); err != nil {
		return err
	}
	if err := d.WriteBits(x.numbers, numbers); err != nil {
		return err
	}
	first := uint32(1 + k)
	if err := d.WriteBits(x.chunk, []uint32{first, uint32(x.bank.Rows()), 0, 0}); err != nil {
		return err
	}
	if err := s.Run(x.program); err != nil {
		return err
	}
	return selfTestLinear(d, s, dim)
}

// SelfTestVideo tests the propagation of labels on d at the size of the reference's frames: patches of so many values, all
// context frames of noise.
func SelfTestVideo(d *gpu.Device, s *gpu.SelfTest, dim int) error {
	p, err := newPropagation(d, referencePropagation(dim, 16))
	if err != nil {
		return err
	}
	defer p.release()
	contexts := len(p.features)
	if err := p.record(contexts); err != nil {
		return err
	}
	for i, t := range append(append([]gpu.Tensor{p.frame}, p.features...), p.labels...) {
		v := make([]float32, t.Len())
		gpu.Noise(v, uint64(i), 1)
		if err := d.Write(t, v); err != nil {
			return err
		}
	}
	places := p.window.Places()
	if err := d.WriteBits(p.place, places[len(places)/2]); err != nil {
		return err
	}
	return s.Run(p.program)
}

// referencePropagation is that of DAVIS's frames of 480 x 854 pixels, three objects in them.
func referencePropagation(dim, patch int) propagationConfig {
	v := ReferenceVideo
	h, w := FrameSize(480, 854, v.ImageSize, patch)
	return propagationConfig{
		H: h / patch, W: w / patch, Dim: dim, Classes: 4, LastFrames: v.LastFrames, Neighborhood: v.Neighborhood, TopK: v.TopK,
	}
}

// VideoProgram is what propagates labels to a block of a frame of DAVIS, recorded without a device.
func VideoProgram(target gpu.Target, dim, patch int) (*gpu.Program, error) {
	p, err := newPropagation(nil, referencePropagation(dim, patch))
	if err != nil {
		return nil, err
	}
	program := p.blockProgram(target, len(p.features))
	return program, program.Err()
}
