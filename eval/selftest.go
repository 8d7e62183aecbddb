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
