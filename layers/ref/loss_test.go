package ref

import (
	"math"
	"math/rand/v2"
	"testing"
)

// lossOf is DINO's loss as its definition has it: the mean over the 2 V - 2 pairs of a teacher's crop and
// another crop of the student's, and over the images.
func lossOf(s []float64, q []float32, B, V, K int, tau float64) float64 {
	var sum float64
	for teacher := range 2 {
		for v := range V {
			if v == teacher {
				continue
			}
			for b := range B {
				var norm float64
				for k := range K {
					norm += math.Exp(s[(v*B+b)*K+k] / tau)
				}
				for k := range K {
					sum -= float64(q[(teacher*B+b)*K+k]) * (s[(v*B+b)*K+k]/tau - math.Log(norm)) / float64(B)
				}
			}
		}
	}
	return sum / float64(2*V-2)
}

func TestStudentLossIsTheGradientOfTheLoss(t *testing.T) {
	const B, V, K, tau = 2, 4, 5, 0.1
	r := rand.New(rand.NewPCG(1, 2))
	q := make([]float32, 2*B*K)
	for i := range q {
		q[i] = float32(r.NormFloat64())
	}
	TeacherSoftmax(q, make([]float32, 2*B), make([]float32, K), 1)
	s, gradient := make([]float64, V*B*K), make([]float32, V*B*K)
	for i := range s {
		gradient[i] = float32(0.2 * r.NormFloat64())
		s[i] = float64(gradient[i])
	}
	rows := make([]float32, V*B)
	StudentLoss(gradient[:2*B*K], rows, q, B, 0, V, tau, 1) // globals together, then the locals
	StudentLoss(gradient[2*B*K:], rows, q, B, 2, V, tau, 1)
	var total float64
	for _, v := range rows {
		total += float64(v)
	}
	if want := lossOf(s, q, B, V, K, tau); math.Abs(total-want) > 1e-6*want {
		t.Errorf("the rows' losses add up to %g, the loss is %g", total, want)
	}
	const h = 1e-5
	for i := range s {
		at := s[i]
		s[i] = at + h
		up := lossOf(s, q, B, V, K, tau)
		s[i] = at - h
		down := lossOf(s, q, B, V, K, tau)
		s[i] = at
		if want := (up - down) / (2 * h); math.Abs(float64(gradient[i])-want) > 1e-6 {
			t.Errorf("logit %d: gradient %g, finite difference %g", i, gradient[i], want)
		}
	}
}

func TestTeacherSoftmaxEntropy(t *testing.T) {
	const K = 16
	q, h := make([]float32, 2*K), make([]float32, 2)
	q[K] = 1000 // the second row is all on its first column
	TeacherSoftmax(q, h, make([]float32, K), 0.04)
	if math.Abs(float64(h[0])-math.Log(K)) > 1e-6 || h[1] != 0 || q[K] != 1 {
		t.Errorf("entropies %g, want ln K and 0; q %g", h, q[K])
	}
}
