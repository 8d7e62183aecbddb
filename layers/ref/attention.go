package ref

import "math"

// heads finds the parts of qkv (B*T, 3*D), which holds [q, k, v][H][hd] for each token.
type heads struct {
	B, H, T, hd int
	only        []int // tokens
}

// headsOf takes the sizes from qkv and n, the number of queries of all heads. Only the tokens `only` are worked on, or all
// if there are none.
func headsOf(qkv []float32, n, H, T int, only []int) heads {
	if len(only) == 0 {
		for t := range T {
			only = append(only, t)
		}
	}
	return heads{n / (H * T), H, T, len(qkv) / (3 * n), only}
}

// third 0, 1 or 2: the query, key or value of token t.
func (s heads) third(qkv []float32, third, b, h, t int) []float32 {
	at := (((b*s.T+t)*3+third)*s.H + h) * s.hd
	return qkv[at : at+s.hd]
}

// out is token t's part of an output (B*T, D).
func (s heads) out(o []float32, b, h, t int) []float32 {
	at := ((b*s.T+t)*s.H + h) * s.hd
	return o[at : at+s.hd]
}

func (s heads) each(f func(b, h, t int)) {
	for b := range s.B {
		for h := range s.H {
			for _, t := range s.only {
				f(b, h, t)
			}
		}
	}
}

// scores are the scaled products of query t with every key, and the logarithm of the sum of their exponentials.
func (s heads) scores(qkv []float32, b, h, t int) (scores []float64, lse float64) {
	most := math.Inf(-1)
	for k := range s.T {
		v := dot(s.third(qkv, 0, b, h, t), s.third(qkv, 1, b, h, k)) / math.Sqrt(float64(s.hd))
		scores, most = append(scores, v), max(most, v)
	}
	var sum float64
	for _, v := range scores {
		sum += math.Exp(v - most)
	}
	return scores, most + math.Log(sum)
}

func dot(a, b []float32) float64 {
	var v float64
	for i := range a {
		v += float64(a[i]) * float64(b[i])
	}
	return v
}

// AttentionForward is the twin of attention_forward_*.wgsl: o (B*T, D), lse (B, H, T), qkv (B*T, 3*D).
// If `only` names tokens, it makes their results alone: a long sequence would take too long.
func AttentionForward(o, lse, qkv []float32, H, T int, only ...int) {
	s := headsOf(qkv, len(lse), H, T, only)
	s.each(func(b, h, t int) {
		scores, sum := s.scores(qkv, b, h, t)
		lse[(b*H+h)*T+t] = float32(sum)
		sums := make([]float64, s.hd)
		for k := range T {
			prob := math.Exp(scores[k] - sum)
			for d, v := range s.third(qkv, 2, b, h, k) {
				sums[d] += prob * float64(v)
			}
		}
		for d, v := range sums {
			s.out(o, b, h, t)[d] = float32(v)
		}
	})
}

// AttentionProbabilities is the twin of attention_probabilities.wgsl: out (B, Q, H, T), qkv (B*T, 3*D), queries (Q).
func AttentionProbabilities(out, qkv []float32, queries []uint32, H, T int) {
	Q := len(queries)
	for i, query := range queries {
		s := headsOf(qkv, len(out)/Q, H, T, []int{int(query)})
		s.each(func(b, h, t int) {
			scores, sum := s.scores(qkv, b, h, t)
			for k := range T {
				out[((b*Q+i)*H+h)*T+k] = float32(math.Exp(scores[k] - sum))
			}
		})
	}
}

// pair returns the probability of query t and key k and the gradient of their scaled score, which both backward kernels
// need.
func (s heads) pair(qkv, dO, lse, delta []float32, b, h, t, k int) (prob, ds float64) {
	at := (b*s.H+h)*s.T + t
	score := dot(s.third(qkv, 0, b, h, t), s.third(qkv, 1, b, h, k)) / math.Sqrt(float64(s.hd))
	prob = math.Exp(score - float64(lse[at]))
	return prob, prob * (dot(s.out(dO, b, h, t), s.third(qkv, 2, b, h, k)) - float64(delta[at])) / math.Sqrt(float64(s.hd))
}

// AttentionBackwardQuery is the twin of attention_backward_query_*.wgsl: the queries' third of dqkv
// (B*T, 3*D), and delta (B, H, T).
func AttentionBackwardQuery(dqkv, delta, qkv, o, dO, lse []float32, H, T int, only ...int) {
	s := headsOf(qkv, len(lse), H, T, only)
	s.each(func(b, h, t int) {
		delta[(b*H+h)*T+t] = float32(dot(s.out(dO, b, h, t), s.out(o, b, h, t)))
		dq := make([]float64, s.hd)
		for k := range T {
			_, ds := s.pair(qkv, dO, lse, delta, b, h, t, k)
			for d := range dq {
				dq[d] += ds * float64(s.third(qkv, 1, b, h, k)[d])
			}
		}
		for d, v := range dq {
			s.third(dqkv, 0, b, h, t)[d] = float32(v)
		}
	})
}

// AttentionBackwardKeyvalue is the twin of attention_backward_keyvalue_*.wgsl: the keys' and values' thirds
// of dqkv (B*T, 3*D).
func AttentionBackwardKeyvalue(dqkv, qkv, dO, lse, delta []float32, H, T int, only ...int) {
	s := headsOf(qkv, len(lse), H, T, only)
	s.each(func(b, h, k int) {
		dk, dv := make([]float64, s.hd), make([]float64, s.hd)
		for t := range T {
			prob, ds := s.pair(qkv, dO, lse, delta, b, h, t, k)
			for d := range dk {
				dk[d] += ds * float64(s.third(qkv, 0, b, h, t)[d])
				dv[d] += prob * float64(s.out(dO, b, h, t)[d])
			}
		}
		for d := range dk {
			s.third(dqkv, 1, b, h, k)[d], s.third(dqkv, 2, b, h, k)[d] = float32(dk[d]), float32(dv[d])
		}
	})
}
