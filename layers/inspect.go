package layers

import (
	"slices"

	"github.com/dinogpu/dinogpu/gpu"
)

// Wanted says what Inspect records. Blocks are numbered from 0, and so are an image's tokens, the class token first.
type Wanted struct {
	Blocks    int        // of how many of the last blocks the class token is wanted
	Patches   bool       // whether their other tokens are wanted too
	Attention []int      // blocks whose attention is wanted
	Queries   gpu.Tensor // (Q) uint32: the tokens that attend there
	Keep      bool       // give those blocks' queries and keys in place of their attention
}

// Inspected holds the tensors that were wanted.
type Inspected struct {
	Tokens    []gpu.Tensor // of each of the last blocks, the oldest first: (B, D), or (B*T, D) with Patches
	Attention []gpu.Tensor // of each block asked for: (B, Q, heads, T); none with Keep
	QKV       []gpu.Tensor // of each block asked for, with Keep: (B*T, 3*D), for Probabilities; the caller releases them
}

// Inspect records the wanted tensors of a frozen backbone, for patches of images of one size, and nothing else. Tokens have
// gone through the final norm, whichever block they are from (reference get_intermediate_layers and
// get_last_selfattention).
func (v *ViT) Inspect(p *gpu.Program, patches Patches, w Wanted) Inspected {
	var out Inspected
	if w.Keep {
		out.QKV = make([]gpu.Tensor, len(w.Attention))
	} else {
		out.Attention = make([]gpu.Tensor, len(w.Attention))
	}
	x, spans := v.embed.Forward(p, patches)
	last := len(v.blocks) - 1
	for i, b := range v.blocks {
		b.spans, b.ClassOnly = spans, i == last && !w.Patches
		var qkv gpu.Tensor
		if w.Keep && slices.Contains(w.Attention, i) {
			qkv = b.keptQKV(p, x)
		} else {
			qkv = b.qkv(p, x)
		}
		for k, block := range w.Attention {
			switch {
			case block != i:
			case w.Keep:
				out.QKV[k] = qkv
			default:
				out.Attention[k] = b.Attention.Probabilities(p, qkv, spans, w.Queries)
			}
		}
		if w.Blocks == 0 && i >= slices.Max(append([]int{0}, w.Attention...)) {
			break
		}
		x = b.after(p, x, qkv)
		if last-i < w.Blocks {
			out.Tokens = append(out.Tokens, v.normed(p, x, spans, w.Patches || b.ClassOnly))
		}
	}
	return out
}

// normed records x after the final norm: as it is, or of each image the class token alone.
func (v *ViT) normed(p *gpu.Program, x gpu.Tensor, spans Spans, whole bool) gpu.Tensor {
	if !whole {
		x = classRow(p, x, spans)
	}
	defer p.Section("layernorm")()
	norm := v.norm // a copy: Forward keeps tensors for Backward
	return norm.Forward(p, x)
}
