package layers

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// lossInputs makes a Loss whose tensors hold noise.
func lossInputs(in *inputs, B, V, K int) *Loss {
	s := Scalars{TeacherTemp: 0.04, StudentTemp: 0.1, BatchShare: 0.25, CenterRate: 0.1}
	return &Loss{
		Batch: B, Crops: V,
		Center: in.noise("center", K), CenterSum: in.noise("center.sum", K),
		Entropy: in.noise("entropy", 2*B), Values: in.noise("loss", V*B), Sums: in.noise("sums", 2),
		Scalars: in.values("scalars", s.Values(), scalarCount), NonFinite: in.values("nonfinite", []float32{0}, 1),
	}
}

// targets adds (2 B, K) rows that are softmaxes, as Teacher leaves them.
func (in *inputs) targets(B, K int) gpu.Tensor {
	t := in.noise("targets", 2*B, K)
	ref.TeacherSoftmax((*in)[len(*in)-1].value, make([]float32, 2*B), make([]float32, K), 0.5)
	return t
}

func TestTeacher(t *testing.T) {
	for _, c := range []struct{ B, K int }{{1, 1}, {1, 4}, {3, 7}, {5, 96}, {33, 130}, {3, 1001}, {2, 4096}, {1, 8191}, {1, 8192}, {2, 8195}, {1, 65535}, {1, 65536}} {
		t.Run(fmt.Sprintf("B=%d,K=%d", c.B, c.K), func(t *testing.T) {
			eachTarget(t, func(t *testing.T, p *gpu.Program) {
				var in inputs
				l := lossInputs(&in, c.B, 4, c.K)
				// of about the spread that cosines have: at 0.04 more would make every row one-hot and its
				// entropy a difference of roundings
				for i := range in[0].value {
					in[0].value[i] *= 0.1
				}
				logits := in.noise("logits", 2*c.B, c.K)
				for i := range in[len(in)-1].value {
					in[len(in)-1].value[i] *= 0.1
				}
				l.Teacher(p, logits)
				l.UpdateCenter(p, 2*c.B)
				l.Sum(p)
				in.check(t, p)
			})
		})
	}
}

// A loss or an entropy that is not finite sets the flag, wherever it lies; finite ones leave it.
func TestLossSumsFindWhatIsNotFinite(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for name, c := range map[string]struct {
		tensor, at int // of the inputs
		value      float32
		want       uint32
	}{
		"none": {3, 0, 1, 0}, "loss": {3, 0, nan, 1}, "last loss": {3, 399, inf, 1}, "entropy": {2, 199, -inf, 1}, "first entropy": {2, 0, nan, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var in inputs
			l := lossInputs(&in, 100, 4, 8)
			in[c.tensor].value[c.at] = c.value
			p := gpu.NewProgram(t.Name(), gpu.SoftwareTarget)
			l.Sum(p)
			flag := make([]float32, 1)
			err := in.run(p, func() error { return errors.Join(p.Run(), p.Read(l.NonFinite, flag)) })
			if got := gpu.Bits(flag)[0]; err != nil || got != c.want {
				t.Errorf("the flag is %d, want %d: %v", got, c.want, err)
			}
		})
	}
}

// The row's largest value is taken off before exp: logits of any size give finite results.
func TestLossOfLargeLogits(t *testing.T) {
	eachTarget(t, func(t *testing.T, p *gpu.Program) {
		const B, V, K = 2, 3, 40
		var in inputs
		l := lossInputs(&in, B, V, K)
		r := rand.New(rand.NewPCG(1, 2))
		large := func(rows int) gpu.Tensor {
			v := make([]float32, rows*K)
			for i := range v {
				v[i] = float32(3000 + 100*r.NormFloat64())
			}
			return in.values("logits", v, rows, K)
		}
		teacher := large(2 * B)
		l.Teacher(p, teacher)
		l.Student(p, large(V*B), teacher, 0)
		in.check(t, p)
	})
}

func TestStudent(t *testing.T) {
	for _, c := range []struct{ B, V, K, first, crops int }{
		{1, 2, 1, 0, 2},
		{1, 2, 4, 0, 1},
		{1, 2, 3, 1, 1},
		{3, 5, 96, 0, 2},
		{3, 5, 97, 0, 5},
		{5, 10, 130, 2, 8},
		{7, 10, 64, 9, 1},
		{33, 4, 44, 1, 3},
		{3, 3, 1001, 0, 3}, // 9 rows, dead ones in the last workgroup
		{1, 3, 8191, 2, 1},
		{1, 3, 8192, 2, 1}, // one row, of as many lanes as there may be
		{3, 3, 8195, 2, 1},
		{1, 2, 65536, 0, 2},
		{1, 3, 65535, 2, 1},
		{1, 3, 65536, 0, 3},
	} {
		t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
			eachTarget(t, func(t *testing.T, p *gpu.Program) {
				var in inputs
				l := lossInputs(&in, c.B, c.V, c.K)
				l.Student(p, in.noise("logits", c.crops*c.B, c.K), in.targets(c.B, c.K), c.first)
				in.check(t, p)
			})
		})
	}
}

// Crops that are worked on together or apart leave the same losses and gradients.
func TestStudentApartEqualsTogether(t *testing.T) {
	eachTarget(t, func(t *testing.T, p *gpu.Program) {
		const B, V, K = 3, 4, 64 // B K is a multiple of gpu.Align, for the slices
		var in inputs
		together, apart := lossInputs(&in, B, V, K), lossInputs(&in, B, V, K)
		q, a := in.targets(B, K), in.noise("together", V*B, K)
		b := in.values("apart", append([]float32(nil), in[len(in)-1].value...), V*B, K)
		together.Student(p, a, q, 0)
		for v := range V {
			apart.Student(p, b.Slice("crop", v*B*K, B, K), q, v)
		}
		err := in.run(p, func() error {
			if err := p.Run(); err != nil {
				return err
			}
			for _, pair := range [][2]gpu.Tensor{{a, b}, {together.Values, apart.Values}} {
				x, y := make([]float32, pair[0].Len()), make([]float32, pair[0].Len())
				if err := p.Read(pair[0], x); err != nil {
					return err
				}
				if err := p.Read(pair[1], y); err != nil {
					return err
				}
				if e := gpu.NMSE(x, y); e != 0 {
					t.Errorf("%s: apart differs from together by %g", pair[0].Name, e)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestCenterIsKeptWhenNotFinite(t *testing.T) {
	for _, K := range []int{5, 64} {
		var in inputs
		l := lossInputs(&in, 2, 4, K)
		in[len(in)-1].value = bits(1)
		before := append([]float32(nil), in[0].value...)
		p := gpu.NewProgram(t.Name(), gpu.SoftwareTarget)
		l.UpdateCenter(p, 4)
		after := make([]float32, K)
		err := in.run(p, func() error {
			if err := p.Check(); err != nil {
				return err
			}
			return p.Read(l.Center, after)
		})
		if err != nil {
			t.Fatal(err)
		}
		if e := gpu.NMSE(after, before); e != 0 {
			t.Errorf("K=%d: the center moved by %g", K, e)
		}
	}
}

func TestStudentRefusesWhatDoesNotFit(t *testing.T) {
	var in inputs
	l := lossInputs(&in, 2, 4, 8)
	for _, c := range []struct{ rows, first int }{{3, 0}, {4, 3}, {10, 0}} {
		p := gpu.NewProgram(t.Name(), gpu.SoftwareTarget)
		l.Student(p, gpu.NewTensor("logits", c.rows, 8), gpu.NewTensor("targets", 4, 8), c.first)
		if p.Err() == nil {
			t.Errorf("%+v was recorded", c)
		}
	}
}
