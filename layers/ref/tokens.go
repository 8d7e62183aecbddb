package ref

// PixelsNormalize is the part of patches_gather.wgsl that turns bytes (B, H, W, 3), four per word, into out (B, 3, H, W).
func PixelsNormalize(out []float32, bytes []uint32, H, W int, mean, std [3]float64) {
	for i := range out {
		pixel, c, b := i%(H*W), i/(H*W)%3, i/(H*W)/3
		at := (b*H*W+pixel)*3 + c
		value := float64(bytes[at/4] >> (at % 4 * 8) & 255)
		out[i] = float32((value/255 - mean[c]) / std[c])
	}
}

// PatchesGather is the twin of patches_gather.wgsl: images (B, 3, H, W), out (B, P, KP).
func PatchesGather(out, images []float32, B, H, W, patch int) {
	clear(out)
	h, w, area := H/patch, W/patch, patch*patch
	wide := (3*area + 3) / 4 * 4
	for b := range B {
		for n := range h * w {
			row := out[(b*h*w+n)*wide:]
			for k := range 3 * area {
				c, y, x := k/area, n/w*patch+k%area/patch, n%w*patch+k%patch
				row[k] = images[((b*3+c)*H+y)*W+x]
			}
		}
	}
}

// TokensForward is the twin of tokens_forward.wgsl: x (B, T, D); patches (B, T-1, D); class (D); positions (T, D).
func TokensForward(x, patches, class, positions []float32, D int) {
	T := len(positions) / D
	for i := range x {
		b, t, c := i/D/T, i/D%T, i%D
		if t == 0 {
			x[i] = class[c] + positions[c]
		} else {
			x[i] = patches[(b*(T-1)+t-1)*D+c] + positions[t*D+c]
		}
	}
}

// TokensBackward is the twin of tokens_backward.wgsl: dx (B, T, D), dpatches (B, T-1, D).
func TokensBackward(dpatches, dx []float32, T, D int) {
	for i := range dpatches {
		row := i / D
		dpatches[i] = dx[(row/(T-1)*T+row%(T-1)+1)*D+i%D]
	}
}

// TokensBackwardPosition is the twin of tokens_backward_position.wgsl: dx (B, T, D); dpositions (T, D);
// dclass += (D).
func TokensBackwardPosition(dpositions, dclass, dx []float32, accumulate bool) {
	for i := range dpositions {
		var v float64
		for at := i; at < len(dx); at += len(dpositions) {
			v += float64(dx[at])
		}
		if i < len(dclass) {
			dclass[i] = float32(float64(dclass[i]) + v)
		}
		if accumulate {
			v += float64(dpositions[i])
		}
		dpositions[i] = float32(v)
	}
}

// PixelsGather is the twin of pixels_gather.wgsl: images (B, 3, area), out (B, area, 4).
func PixelsGather(out, images []float32, area int) {
	for i := range out {
		at, c := i/4, i%4
		out[i] = 0
		if c < 3 {
			out[i] = images[(at/area*3+c)*area+at%area]
		}
	}
}
