package ref

import "math"

// Block is the number of values of an arena that are summed and flagged together: every tensor starts at a multiple of
// it, and zeros fill the tensor's last block.
const Block = 256

// GradientNormPartial is the twin of gradient_norm_partial.wgsl: gradients (N), partials (N / 256).
func GradientNormPartial(partials, gradients []float32) {
	for b := range partials {
		var sum float64
		for _, g := range gradients[b*Block : (b+1)*Block] {
			sum += float64(g) * float64(g)
		}
		partials[b] = float32(sum)
		if math.IsNaN(sum) {
			partials[b] = float32(math.Inf(1))
		}
	}
}

// GradientNorm is the twin of gradient_norm.wgsl: ranges (T, 2), norms (T, 2), nonFinite (1).
func GradientNorm(norms []float32, nonFinite []uint32, partials []float32, ranges []uint32, clip float64) {
	for t := range len(ranges) / 2 {
		var sum float64
		for _, v := range partials[ranges[2*t]:][:ranges[2*t+1]] {
			sum += float64(v)
		}
		norms[2*t], norms[2*t+1] = float32(math.Inf(1)), 1
		if !(sum < 3.4e38) {
			nonFinite[0] |= 1
			continue
		}
		norm := math.Sqrt(sum)
		norms[2*t] = float32(norm)
		if clip > 0 {
			norms[2*t+1] = float32(min(1, clip/(norm+1e-6)))
		}
	}
}

// The flags of a block's entry, above the 24 bits of its tensor's number.
const (
	BlockDecay = 1 << (24 + iota)
	BlockLastLayer
	BlockTrainable
	BlockBuffer
	BlockBackbone
)

// takesStep tells whether the optimizer moves a block, while it trains the backbone and the last layer or not.
func takesStep(entry uint32, backbone, lastLayer bool) bool {
	return entry&BlockTrainable != 0 && (backbone || entry&BlockBackbone == 0) && (lastLayer || entry&BlockLastLayer == 0)
}

// Adam holds the step's numbers for AdamW.
type Adam struct {
	LR, Decay, Rate1, Rate2, Epsilon float64
	Correct1, Correct2               [3]float64 // of the head, the backbone and the last layer
	Backbone, LastLayer              bool       // whether they are trained
}

// AdamW is the twin of adamw.wgsl: weights, gradients, first, second (N), blocks (N / 256), norms (T, 2).
func AdamW(weights, gradients, first, second []float32, blocks []uint32, norms []float32, s Adam, nonFinite bool) {
	if nonFinite {
		return
	}
	for b, tensor := range blocks {
		if !takesStep(tensor, s.Backbone, s.LastLayer) {
			continue
		}
		part, decay := 0, 0.0
		switch {
		case tensor&BlockBackbone != 0:
			part = 1
		case tensor&BlockLastLayer != 0:
			part = 2
		}
		if tensor&BlockDecay != 0 {
			decay = s.Decay
		}
		coefficient := float64(norms[2*(tensor&0xffffff)+1])
		for i := b * Block; i < (b+1)*Block; i++ {
			g, w := coefficient*float64(gradients[i]), float64(weights[i])
			m := float64(first[i]) + s.Rate1*(g-float64(first[i]))
			v := float64(second[i]) + s.Rate2*(g*g-float64(second[i]))
			first[i], second[i] = float32(m), float32(v)
			weights[i] = float32(w - s.LR*decay*w - s.LR*m*s.Correct1[part]/(math.Sqrt(v)*s.Correct2[part]+s.Epsilon))
		}
	}
}

// EMA is the twin of ema.wgsl: teacher, student (N), blocks (N / 256).
func EMA(teacher, student []float32, blocks []uint32, left uint32, rate float64, backbone, nonFinite bool) {
	if nonFinite {
		return
	}
	for i, v := range teacher {
		if entry := blocks[i/Block]; entry&left != 0 || !backbone && entry&BlockBackbone != 0 {
			continue
		}
		if rate == 1 {
			teacher[i] = student[i]
			continue
		}
		teacher[i] = float32(float64(v) + rate*(float64(student[i])-float64(v)))
	}
}
