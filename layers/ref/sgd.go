package ref

import "math"

// The reference's constants of SGD and LARS.
const (
	sgdMomentum = 0.9
	larsEta     = 0.001
)

// SGD is the twin of sgd.wgsl: weights, gradients, first (N), blocks (N / 256), norms (T, 2), and LARS's ratios (T),
// nil for plain SGD.
func SGD(weights, gradients, first []float32, blocks []uint32, norms, ratios []float32, lr, weightDecay float64, backbone, lastLayer, nonFinite bool) {
	if nonFinite {
		return
	}
	for b, entry := range blocks {
		if !takesStep(entry, backbone, lastLayer) {
			continue
		}
		tensor := entry & 0xffffff
		coefficient, decay, ratio := float64(norms[2*tensor+1]), 0.0, 1.0
		if entry&BlockDecay != 0 {
			decay = weightDecay
			if ratios != nil {
				ratio = float64(ratios[tensor])
			}
		}
		for i := b * Block; i < (b+1)*Block; i++ {
			w := float64(weights[i])
			m := sgdMomentum*float64(first[i]) + ratio*(coefficient*float64(gradients[i])+decay*w)
			first[i] = float32(m)
			weights[i] = float32(w - lr*m)
		}
	}
}

// LARSPartial is the twin of lars_partial.wgsl: weights, gradients (N), blocks (N / 256), norms (T, 2),
// partials (N / 256, 2).
func LARSPartial(partials, weights, gradients []float32, blocks []uint32, norms []float32, weightDecay float64) {
	for b, entry := range blocks {
		coefficient, decay := float64(norms[2*(entry&0xffffff)+1]), 0.0
		if entry&BlockDecay != 0 {
			decay = weightDecay
		}
		var ofW, ofD float64
		for i := b * Block; i < (b+1)*Block; i++ {
			w := float64(weights[i])
			d := coefficient*float64(gradients[i]) + decay*w
			ofW += w * w
			ofD += d * d
		}
		partials[2*b], partials[2*b+1] = float32(ofW), float32(ofD)
	}
}

// LARSRatio is the twin of lars_ratio.wgsl: partials (blocks, 2), ranges (T, 2), ratios (T), norms (T, 2),
// nonFinite (1).
func LARSRatio(ratios, norms []float32, nonFinite []uint32, partials []float32, ranges []uint32) {
	for t := range ratios {
		var ofW, ofD float64
		for b := ranges[2*t]; b < ranges[2*t]+ranges[2*t+1]; b++ {
			ofW += float64(partials[2*b])
			ofD += float64(partials[2*b+1])
		}
		ratios[t] = 1
		switch {
		case !(ofW < 3.4e38 && ofD < 3.4e38):
			norms[2*t] = float32(math.Inf(1))
			nonFinite[0] |= 1
		case ofW > 0 && ofD > 0:
			ratios[t] = float32(larsEta * math.Sqrt(ofW) / math.Sqrt(ofD))
		}
	}
}
