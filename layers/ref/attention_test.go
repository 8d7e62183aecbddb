package ref

import "testing"

func TestAttentionBackward(t *testing.T) {
	const B, H, T, hd = 2, 2, 3, 4
	qkv, dO := noise(1, B*T*3*H*hd), noise(2, B*T*H*hd)
	o, lse, delta := make([]float32, B*T*H*hd), make([]float32, B*H*T), make([]float32, B*H*T)
	f := func() float64 {
		AttentionForward(o, lse, qkv, H, T)
		return inner(o, dO)
	}
	f()
	dqkv := make([]float32, len(qkv))
	AttentionBackwardQuery(dqkv, delta, qkv, o, dO, lse, H, T)
	AttentionBackwardKeyvalue(dqkv, qkv, dO, lse, delta, H, T)
	checkDifferences(t, "qkv", dqkv, qkv, f)
}
